import type { Clock } from '../../runtime/clock.js';
import type { Address } from '../../types/block.js';

/** Who may sign blocks, as the validator asks. */
export interface SignerAuthority {
  /** False until L1 has named somebody: then blocks are neither good nor bad. */
  readonly isKnown: boolean;
  /** True for the current signer, whom this confirms, and for the one before while it has its grace time. */
  accept(address: Address): boolean;
}

/** L1 names nobody. */
const ZERO_ADDRESS: Address = `0x${'0'.repeat(40)}`;
/** How long the signer before may still sign after a change; op-node `op-node/node/runcfg/runtime_config.go`. */
const GRACE_MS = 3 * 60 * 60 * 1000;

/**
 * The address whose signature makes a block worth taking. A change on L1 leaves the address before it valid for three
 * hours, or until the first block of the new one: sequencers change their key when they like, within that time.
 */
export class UnsafeSigner implements SignerAuthority {
  private current: Address = ZERO_ADDRESS;
  private previous: Address | null = null;
  private changedMs = 0;

  constructor(private readonly clock: Clock) {}

  get isKnown(): boolean {
    return this.current !== ZERO_ADDRESS;
  }

  /** The current one; the zero address while none is known. */
  get address(): Address {
    return this.current;
  }

  /** Takes what L1 says. The first load starts no grace time, and a second change forgets the older one. */
  set(address: Address): void {
    if (this.isKnown && this.current !== address) {
      this.previous = this.current;
      this.changedMs = this.clock.monotonicMs();
    }
    this.current = address;
  }

  accept(address: Address): boolean {
    if (!this.isKnown) return false;
    if (address === this.current) {
      this.previous = null;
      return true;
    }
    return address === this.previous && this.clock.monotonicMs() - this.changedMs <= GRACE_MS;
  }
}
