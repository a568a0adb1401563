import { NodeError } from '../../../src/errors/nodeError.js';
import type { FollowStatus } from '../../../src/follow/rules/followStatus.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { ZERO_L2_REF } from '../../../src/types/block.js';
import { FakeRpcClient } from '../fakeRpcClient.js';
import { l2RefJson, statusJson } from '../followStatusJson.js';
import { rollupConfigJson } from '../followWorld.js';
import { FINALITY_BLOCKS } from './simL1.js';
import type { SimWorld } from './simWorld.js';

/** A consensus node that is followed: it knows what L1 says, later or earlier, and sometimes tells something else. */
export class SimSource {
  readonly rpc: FakeRpcClient;
  /** L1 blocks that it is behind. */
  lag = 0n;
  /** It has not noticed yet that L1 has left this block. */
  staleHead: L1BlockRef | null = null;
  /** It has started again and finds its heads: it is further behind, and knows nothing at first. */
  restartedSec: number | null = null;
  isDown = false;
  hangsMs = 0;
  /** What a cache before it answers in its place; null without one. It knows of statuses only. */
  cached: unknown = null;
  /** What it says instead of the truth. */
  lie: ((status: FollowStatus) => FollowStatus) | null = null;
  /** The tip of the chain that it calls its own, where it lies about blocks. */
  forged: L2BlockRef | null = null;

  constructor(private readonly world: SimWorld) {
    this.rpc = new FakeRpcClient({
      optimism_syncStatus: () => this.answer(() => this.cached ?? statusJson(this.status())),
      optimism_rollupConfig: () => this.answer(() => rollupConfigJson()),
      optimism_outputAtBlock: ([number]) => this.answer(() => this.output(BigInt(String(number)))),
    });
  }

  /** What it would say of itself now, lies included. */
  status(): FollowStatus {
    const truth = this.truth();
    const { forged } = this;
    const told = forged === null ? truth : { ...truth, localSafe: forged, safe: forged };
    return this.lie === null ? told : this.lie(told);
  }

  /** The cache keeps what it has, whatever becomes of the source. */
  freeze(): void {
    this.cached = statusJson(this.status());
  }

  private truth(): FollowStatus {
    const { expected, tree, remote, clock } = this.world;
    const head = this.staleHead ?? tree.head;
    const sinceSec = this.restartedSec === null ? null : clock.worldSec - this.restartedSec;
    if (sinceSec !== null && sinceSec < 3) {
      const zero = { localSafe: ZERO_L2_REF, safe: ZERO_L2_REF, finalized: ZERO_L2_REF };
      return { ...zero, currentL1: null, headL1: null, unsafe: null };
    }
    // A restarted node derives again what it had, a block of L1 a second.
    const walked = sinceSec === null ? 0n : BigInt(Math.max(0, 8 - Math.floor(sinceSec - 3)));
    const at = tree.ancestor(head, head.number - this.lag - walked) ?? tree.genesis.ref;
    const final = tree.ancestor(at, at.number - FINALITY_BLOCKS) ?? tree.genesis.ref;
    const { safe } = expected.after(at.hash);
    return {
      ...{
        currentL1: at,
        headL1: head,
        localSafe: safe,
        safe,
        finalized: expected.after(final.hash).safe,
      },
      unsafe: remote.head,
    };
  }

  private async answer(make: () => unknown): Promise<unknown> {
    const { clock, random } = this.world;
    await clock.sleep(random.int(1, 20) + this.hangsMs, NEVER);
    if (this.isDown) {
      throw new NodeError('TRANSPORT_FAILED', 'source is down', { severity: 'temporary' });
    }
    return make();
  }

  private output(number: bigint): unknown {
    const { blocks, remote } = this.world;
    const tip = this.forged ?? remote.head;
    const ref = number <= tip.number ? blocks.ancestor(tip, number) : null;
    if (ref === null) throw new RpcError('output', -32000, 'not found', undefined);
    return { blockRef: l2RefJson(ref) };
  }
}

const NEVER = new AbortController().signal;
