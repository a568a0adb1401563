import { toNodeError } from '../errors/nodeError.js';
import type { Log } from '../telemetry/logger.js';
import type { ReceivedBlock } from './codec/receivedBlock.js';
import type { P2pRecorder } from './p2pMetrics.js';
import type { P2pNodeSide } from './p2pService.js';

/** Blocks that the node has been handed and has not answered for yet; more are dropped, and come again by sync. */
const MAX_HANDED = 64;

export interface HandOverDeps {
  readonly node: Pick<P2pNodeSide, 'receive'>;
  readonly recorder: Pick<P2pRecorder, 'blockDropped'>;
  readonly log: Log;
}

/** Hands blocks to the node, as many at once as it can have. */
export class HandOver {
  private handed = 0;

  constructor(private readonly deps: HandOverDeps) {}

  /** False: too many wait, the block is dropped. */
  give(block: ReceivedBlock, peer: string): boolean {
    const { node, recorder, log } = this.deps;
    if (this.handed >= MAX_HANDED) {
      recorder.blockDropped();
      log.warn('Dropped received block, too many wait', { hash: block.hash, number: block.number });
      return false;
    }
    this.handed += 1;
    node
      .receive({ block, peer })
      .catch((thrown) => {
        log.warn('Received block was not taken', {
          hash: block.hash,
          err: toNodeError(thrown).message,
        });
      })
      .finally(() => {
        this.handed -= 1;
      });
    return true;
  }
}
