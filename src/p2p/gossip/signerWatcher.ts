import { abortable } from '../../runtime/abort.js';
import type { Actor } from '../../runtime/actor.js';
import type { Clock } from '../../runtime/clock.js';
import type { Address } from '../../types/block.js';

export interface SignerWatcherOptions {
  /** `--l1.runtime-config-reload-interval`; 0 or less reads once. */
  readonly reloadIntervalMs: number;
}

export interface SignerWatcherDeps {
  readonly source: {
    /** The signer that L1 names now, in lower case. @throws NodeError, temporary. */
    unsafeBlockSigner(signal: AbortSignal): Promise<Address>;
  };
  /** Where the signer is used. */
  readonly onSigner: (address: Address) => void;
  readonly clock: Clock;
}

/**
 * Storage slot of the SystemConfig contract whose last 20 bytes are the signer's address.
 * Spec: specs `protocol/configurability.md`, "Unsafe block signer".
 */
export const UNSAFE_BLOCK_SIGNER_SLOT =
  '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';

/** Reads at start, and then again and again, who may sign blocks. What fails is tried again by who runs it. */
export class SignerWatcher implements Actor {
  readonly name = 'signer-watcher';
  private isRead = false;

  constructor(
    private readonly options: SignerWatcherOptions,
    private readonly deps: SignerWatcherDeps,
  ) {}

  async step(signal: AbortSignal): Promise<void> {
    if (this.isRead) await this.pause(signal);
    this.deps.onSigner(await this.deps.source.unsafeBlockSigner(signal));
    this.isRead = true;
  }

  private pause(signal: AbortSignal): Promise<void> {
    const { reloadIntervalMs } = this.options;
    if (reloadIntervalMs > 0) return this.deps.clock.sleep(reloadIntervalMs, signal);
    return abortable<void>(signal, () => () => undefined);
  }
}
