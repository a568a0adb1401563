import type { FollowEnginePort, FollowL2Port } from '../../src/follow/ports.js';
import type { Settled } from '../../src/runtime/laneQueue.js';
import { WatchCell } from '../../src/runtime/watch.js';
import type {
  BlockId,
  BlocksByNumber,
  Hash,
  L1BlockRef,
  L2BlockRef,
} from '../../src/types/block.js';
import { isZeroRef, ZERO_L1_REF } from '../../src/types/block.js';
import type { EngineHeads } from '../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../../src/types/followTarget.js';
import type { ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import { GENESIS_REF } from './l2Chain.js';
import { refsAt } from './refsAt.js';

/**
 * Our engine as the follower sees it, over a tree of block refs: an unknown target is SYNCING, one that does not
 * descend from the finalized head is refused, and so is, without leave, one that does not descend from a safe head that
 * a target has confirmed. It checks nothing besides, so that what it is asked to do shows what the follower let through.
 */
export class FakeFollowEngine implements FollowEnginePort, FollowL2Port {
  readonly heads: WatchCell<EngineHeads>;
  /** Every target, in order. */
  readonly targets: FollowTarget[] = [];
  readonly payloads: ExecutionPayloadEnvelope[] = [];
  /** Results to give instead of the real ones, first come first served. */
  readonly scripted: (Settled<FollowResult> | 'hang')[] = [];
  /** Number of reads of our chain. */
  reads = 0;
  /** Reads throw this. */
  readError: Error | null = null;
  onPayload: (envelope: ExecutionPayloadEnvelope) => void = () => undefined;
  private isSafeConfirmed = false;
  private readonly blocks = new Map<Hash, L2BlockRef>([[GENESIS_REF.hash, GENESIS_REF]]);

  constructor(heads: Partial<EngineHeads> = {}) {
    this.heads = new WatchCell<EngineHeads>({ ...UNKNOWN_HEADS, ...allAt(GENESIS_REF), ...heads });
  }

  /** The execution layer has these blocks. */
  import(...refs: readonly L2BlockRef[]): void {
    for (const ref of refs) this.blocks.set(ref.hash, ref);
  }

  /** Publishes changed heads. */
  set(heads: Partial<EngineHeads>): void {
    this.heads.set({ ...this.heads.get(), ...heads });
  }

  /** Imports the chain and puts every head on its last block. */
  startAt(chain: readonly L2BlockRef[], heads: Partial<EngineHeads> = {}): void {
    this.import(...chain);
    const tip = chain.at(-1) ?? GENESIS_REF;
    this.set({ ...allAt(tip), finalized: GENESIS_REF, isFinalizedProven: true, ...heads });
  }

  async follow(target: FollowTarget, signal: AbortSignal): Promise<Settled<FollowResult>> {
    this.targets.push(target);
    const scripted = this.scripted.shift();
    if (scripted === 'hang') {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'aborted' }), { once: true });
      });
    }
    return scripted ?? { kind: 'ok', value: this.applied(target) };
  }

  noteMove(to: BlockId | null): void {
    if (this.heads.get().movingTo?.hash !== to?.hash) this.set({ movingTo: to });
  }

  addUnsafePayload(envelope: ExecutionPayloadEnvelope): void {
    this.payloads.push(envelope);
    this.onPayload(envelope);
  }

  async l2BlockRefByNumber(number: bigint): Promise<L2BlockRef | null> {
    this.read();
    return this.ancestor(this.heads.get().unsafe, number);
  }

  l2BlockRefsAt(ids: readonly BlockId[]): Promise<BlocksByNumber> {
    return refsAt(ids, (number) => this.l2BlockRefByNumber(number));
  }

  async l2BlockRefByHash(hash: Hash): Promise<L2BlockRef | null> {
    this.read();
    return this.blocks.get(hash) ?? null;
  }

  private read(): void {
    this.reads += 1;
    if (this.readError !== null) throw this.readError;
  }

  private applied(target: FollowTarget): FollowResult {
    const old = this.heads.get();
    const { localSafe, safe } = target;
    if (!this.blocks.has(localSafe.hash)) return { kind: 'syncing', target: localSafe.hash };
    const finalized = target.finalized ?? old.finalized;
    for (const ref of [safe, finalized]) {
      if (!isZeroRef(ref) && this.ancestor(localSafe, ref.number)?.hash !== ref.hash) {
        return { kind: 'refused', reason: 'refs do not lie on one chain' };
      }
    }
    const theirs = this.ancestor(localSafe, old.safe.number);
    if (this.isSafeConfirmed && !target.mayReplaceSafe && theirs?.hash !== old.safe.hash) {
      const refused = { kind: 'refused', reason: 'other safe', cause: 'safe_conflict' } as const;
      return theirs === null ? refused : { ...refused, theirs };
    }
    this.isSafeConfirmed = true;
    const isOurs = this.ancestor(old.unsafe, localSafe.number)?.hash === localSafe.hash;
    const unsafe = isOurs ? old.unsafe : localSafe;
    const reorged = this.ancestor(unsafe, old.unsafe.number)?.hash !== old.unsafe.hash;
    const heads = {
      ...old,
      ...{ unsafe, crossUnsafe: unsafe, localSafe, safe, finalized },
      isFinalizedProven: old.isFinalizedProven || target.finalized !== null,
      currentL1: target.currentL1 ?? old.currentL1,
      elSync: old.elSync === 'none' ? ('none' as const) : ('finished' as const),
    };
    const isSame = HEADS.every((head) => heads[head].hash === old[head].hash);
    if (!isSame || heads.currentL1.hash !== old.currentL1.hash) this.heads.set(heads);
    return isSame ? { kind: 'unchanged' } : { kind: 'applied', reorged };
  }

  private ancestor(from: L2BlockRef, number: bigint): L2BlockRef | null {
    let at: L2BlockRef | undefined = from;
    while (at !== undefined && at.number > number) at = this.blocks.get(at.parentHash);
    return at !== undefined && at.number === number ? at : null;
  }
}

const HEADS = ['unsafe', 'localSafe', 'safe', 'finalized'] as const;

function allAt(ref: L2BlockRef): Partial<EngineHeads> {
  return {
    ...{ unsafe: ref, crossUnsafe: ref, localSafe: ref, safe: ref, finalized: ref },
    currentL1: ZERO_L1_REF as L1BlockRef,
  };
}
