import type { Actor } from '../runtime/actor.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import type { Address } from '../types/block.js';

export interface SignerWatcherDeps {
  /** Who may sign blocks, as L1 says at its head; null while L1 has no head. @throws NodeError temporary. */
  readonly read: (signal: AbortSignal) => Promise<Address | null>;
  /** Takes effect before whatever is asked of the peers later, even if it resolves later. */
  readonly set: (address: Address) => Promise<void>;
  /** The first address is being set. */
  readonly onFirst: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Until L1 has been read for the first time. */
const FIRST_TRY_MS = 500;

/**
 * Reads from L1 who may sign blocks, at start and every reload interval.
 * op-node `op-node/node/runcfg/runtime_config.go`, `node.go` initRuntimeConfig.
 */
export class SignerWatcher implements Actor {
  readonly name = 'p2p-signer';
  private address: Address | null = null;

  constructor(
    /** Milliseconds; 0 or less reads only once. */
    private readonly options: { readonly reloadMs: number },
    private readonly deps: SignerWatcherDeps,
  ) {}

  async step(signal: AbortSignal): Promise<void> {
    const { read, set, onFirst, clock, log } = this.deps;
    const address = await read(signal);
    if (address === null) return clock.sleep(FIRST_TRY_MS, signal);
    if (address !== this.address) {
      log.info('loaded new runtime config values!', { p2p_seq_address: address });
      const setting = set(address);
      if (this.address === null) onFirst();
      await setting;
      this.address = address;
    }
    const { reloadMs } = this.options;
    await clock.sleep(reloadMs > 0 ? reloadMs : Number.MAX_SAFE_INTEGER, signal);
  }
}
