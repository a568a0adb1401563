import { outputRootV0 } from '../../rollup/outputRoot.js';
import type { L2BlockRef } from '../../types/block.js';
import { encodeOutputBeforeStatus, encodeSyncStatus } from '../../types/codec.js';
import type { SafeHeadAtL1 } from '../../types/safeHeadAtL1.js';
import type { SyncStatus } from '../../types/syncStatus.js';
import { failed, reasonOf } from '../errors.js';
import type { RpcL2Port, RpcSafeDbPort, RpcStatusPort } from '../ports.js';
import { type FinalizedView, KeptOutputs } from './keptOutputs.js';

/** How often a block and its status are read again because the status changed between the two. */
const MAX_READS = 3;

export interface OptimismApiDeps {
  readonly status: RpcStatusPort;
  readonly l2: RpcL2Port;
  readonly safeDb: RpcSafeDbPort;
  /** Increases with each engine reset: kept outputs are dropped then. */
  readonly resetEpoch: () => number;
}

/** What `optimism_*` answers from the node's state; op-node `node/api.go` nodeAPI. */
export class OptimismApi {
  private readonly deps: OptimismApiDeps;
  private readonly outputs = new KeptOutputs();
  private seenStatus: SyncStatus | null = null;
  private statusText = '';
  private view: FinalizedView = { finalizedNumber: 0n, resetEpoch: 0 };

  constructor(deps: OptimismApiDeps) {
    this.deps = deps;
  }

  /** JSON of the current status; written again only when the status is another object. */
  statusJson(): string {
    return this.jsonOf(this.deps.status.get());
  }

  /** The whole answer where the output is kept, with the current status; else null. */
  keptOutput(number: bigint): string | null {
    const status = this.deps.status.get();
    const output = this.outputs.get(number, this.viewOf(status));
    return output === null ? null : `${output}${this.jsonOf(status)}}`;
  }

  /**
   * The whole answer of `optimism_outputAtBlock`. Block and status belong together: for a block that may still be
   * replaced they are read again until the status is the same before and after.
   * @throws RpcFault with op-node's text when the block is not there or the execution layer fails.
   */
  async outputAtBlock(number: bigint, signal: AbortSignal): Promise<string> {
    for (let reads = 1; ; reads++) {
      const status = this.deps.status.get();
      const view = this.viewOf(status);
      const ref = await this.blockRef(number, signal);
      const isFinal = number <= view.finalizedNumber;
      const hasMoved = !isFinal && this.deps.status.get() !== status;
      if (hasMoved && reads < MAX_READS) continue;
      const output = await this.output(ref, signal);
      if (isFinal) this.keepIfStill(number, output, view);
      return `${output}${this.jsonOf(status)}}`;
    }
  }

  /** @throws RpcFault with op-node's texts for "none yet" and for a disabled database. */
  safeHeadAtL1Block(l1Number: bigint): SafeHeadAtL1 {
    const found = this.recordedAt(l1Number);
    if (found === null) throw failed('not found');
    return found;
  }

  private recordedAt(l1Number: bigint): SafeHeadAtL1 | null {
    try {
      return this.deps.safeDb.safeHeadAtL1(l1Number);
    } catch (thrown) {
      const at = `0x${l1Number.toString(16)}`;
      throw failed(`failed to get safe head at l1 block ${at}: ${reasonOf(thrown)}`);
    }
  }

  /** Keeps the output unless its block stopped being finalized, or the engine was reset, while it was looked up. */
  private keepIfStill(number: bigint, output: string, before: FinalizedView): void {
    const now = this.viewOf(this.deps.status.get());
    const still = now.resetEpoch === before.resetEpoch && number <= now.finalizedNumber;
    if (still) this.outputs.keep(number, output, now);
  }

  private async blockRef(number: bigint, signal: AbortSignal): Promise<L2BlockRef> {
    const missing = (reason: string): Error =>
      failed(
        `failed to get L2 block ref with sync status: failed to determine L2BlockRef of height ${number}, could not get payload: ${reason}`,
      );
    const ref = await this.deps.l2.l2BlockRefByNumber(number, signal).catch((thrown: unknown) => {
      throw missing(reasonOf(thrown));
    });
    if (ref === null) throw missing('not found');
    return ref;
  }

  private async output(ref: L2BlockRef, signal: AbortSignal): Promise<string> {
    const missing = (reason: string): Error =>
      failed(`failed to get L2 output at block ${ref.hash}:${ref.number}: ${reason}`);
    const facts = await this.deps.l2.outputFactsAt(ref.hash, signal).catch((thrown: unknown) => {
      throw missing(reasonOf(thrown));
    });
    if (facts === null) throw missing('failed to get L2 block by hash: not found');
    const { stateRoot, messagePasserStorageRoot } = facts;
    return encodeOutputBeforeStatus({
      outputRoot: outputRootV0({ stateRoot, messagePasserStorageRoot, blockHash: ref.hash }),
      blockRef: ref,
      withdrawalStorageRoot: messagePasserStorageRoot,
      stateRoot,
    });
  }

  private jsonOf(status: SyncStatus): string {
    if (status !== this.seenStatus) {
      this.statusText = encodeSyncStatus(status);
      this.seenStatus = status;
    }
    return this.statusText;
  }

  /** The same object as long as nothing changed. */
  private viewOf(status: SyncStatus): FinalizedView {
    const finalizedNumber = status.finalizedL2.number;
    const resetEpoch = this.deps.resetEpoch();
    const { view } = this;
    if (view.finalizedNumber !== finalizedNumber || view.resetEpoch !== resetEpoch) {
      this.view = { finalizedNumber, resetEpoch };
    }
    return this.view;
  }
}
