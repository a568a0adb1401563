import { NodeError, toNodeError } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { withDepositsOnly } from '../../rollup/withDepositsOnly.js';
import type { Actor } from '../../runtime/actor.js';
import { anyOf } from '../../runtime/anyOf.js';
import { yieldToEventLoop } from '../../runtime/clock.js';
import type { WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Log } from '../../telemetry/logger.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, isZeroRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type { L1Labels } from '../../types/l1Heads.js';
import type { DerivedAttributes } from '../../types/payload.js';
import type { Proven } from '../../types/proven.js';
import type { FollowL2Port } from '../ports.js';
import type {
  ComparedBlock,
  FollowedChain,
  ProvenDatabase,
  VerifierEngine,
  VerifierL1Port,
  VerifierPipeline,
  VerifierRecorder,
} from './ports.js';
import { ProvenHeads } from './provenHeads.js';
import { returnToVerified } from './returnToVerified.js';
import { VerifiedBlocks } from './verifiedBlocks.js';
import { blockMissing, finalizedRefuted } from './verifierErrors.js';

export interface VerifierOptions {
  readonly config: Pick<RollupConfig, 'genesis' | 'forks'>;
}

export interface VerifierDeps {
  readonly pipeline: VerifierPipeline;
  readonly chain: FollowedChain;
  readonly engine: VerifierEngine;
  readonly l2: Pick<FollowL2Port, 'l2BlockRefByNumber'>;
  readonly l1: VerifierL1Port;
  readonly labels: WatchReader<L1Labels>;
  readonly recorder: VerifierRecorder;
  /** Null where no safe-head database is kept. */
  readonly database: ProvenDatabase | null;
  readonly log: Log;
}

/** A followed block that is not what its attributes make, and what the comparison found. */
interface Difference {
  readonly block: BlockId;
  readonly reason: string;
  /** The verified block that it should build on. */
  readonly parent: L2BlockRef;
}

/** A difference that another batch may still explain, as long as L1 up to `l1Limit` has not been read. */
interface Doubt extends Difference {
  readonly l1Limit: bigint;
}

type State =
  /** Verification begins (again) on top of `from`; null at the finalized head. */
  | { readonly kind: 'starting'; readonly from: L2BlockRef | null }
  /** The pipeline is asked for the block after the verified ones. */
  | { readonly kind: 'deriving' }
  /** The followed block on top of the verified ones is awaited, or compared. */
  | { readonly kind: 'comparing'; readonly derived: DerivedAttributes }
  /** The engine is to leave a refuted block. `next` comes after that. */
  | { readonly kind: 'refuting'; readonly found: Difference; readonly next: State }
  /** All of L1 is read. */
  | { readonly kind: 'exhausted'; readonly seen: L1Labels };

/**
 * Checks behind following that the followed safe chain is the one that L1 says. Role: derives with a pipeline of its
 * own and compares the attributes with our blocks, up to the followed local safe head. Inputs: L1, its labels, the
 * engine's heads; outputs: the number verified, `refuted`, and the engine's way back where a block is refuted. Run by
 * the supervisor at low priority: one piece of work a step with a turn of the event loop before each. It waits for the
 * followed head and for L1, never the other way round: what is not verified yet stands.
 * Failure: temporary ones leave `step`; a contradiction starts verification over; a refuted block at or below the
 * finalized head is critical. It executes nothing, so that it cannot tell an invalid batch: see `different`.
 */
export class FollowVerifier implements Actor {
  readonly name = 'follow-verify';
  private state: State = { kind: 'starting', from: null };
  private readonly verified = new VerifiedBlocks();
  private doubt: Doubt | null = null;
  /** The highest head that L1 has shown: one endpoint of several may be behind what another has said. */
  private highestL1 = 0n;
  private readonly refutedBlock = new WatchCell<BlockId | null>(null);
  private readonly heads: ProvenHeads;

  constructor(
    private readonly options: VerifierOptions,
    private readonly deps: VerifierDeps,
  ) {
    const { database, l1, l2, log } = deps;
    this.heads = new ProvenHeads({
      database,
      l2: (number, signal) => l2.l2BlockRefByNumber(number, signal),
      l1: (number, signal) => l1.l1BlockRefByNumber(number, signal),
      log,
    });
  }

  /** How far the followed chain is proven. */
  get proven(): WatchReader<Proven> {
    return this.heads.proven;
  }

  /** The block that L1 refutes and that must not be followed; null once its height is verified with another. */
  get refuted(): WatchReader<BlockId | null> {
    return this.refutedBlock;
  }

  async step(signal: AbortSignal): Promise<void> {
    await yieldToEventLoop();
    const { number } = this.deps.labels.get().head;
    if (number > this.highestL1) this.highestL1 = number;
    try {
      await this.work(this.state, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = toNodeError(thrown);
      if (error.severity !== 'reset') throw error;
      await this.startOver(error.message, signal);
      const { code, message, fields } = error;
      throw new NodeError(code, message, { severity: 'temporary', fields, cause: error });
    }
  }

  private work(state: State, signal: AbortSignal): Promise<void> {
    switch (state.kind) {
      case 'starting':
        return this.start(state.from, signal);
      case 'deriving':
        return this.derive(signal);
      case 'comparing':
        return this.compare(state.derived, signal);
      case 'refuting':
        return this.refute(state.found, state.next, signal);
      case 'exhausted':
        return this.waitForL1(state.seen, signal);
    }
  }

  private async start(from: L2BlockRef | null, signal: AbortSignal): Promise<void> {
    const { pipeline, recorder, log } = this.deps;
    const heads = await this.readyHeads(signal);
    const begin = from ?? (await this.beginning(heads, signal));
    await this.heads.begin(begin, signal);
    this.verified.begin(begin);
    this.doubt = null;
    pipeline.reset();
    pipeline.confirmEngineReset();
    this.state = { kind: 'deriving' };
    recorder.verified(begin);
    log.info('Verification of the followed chain starts', { from: blockId(begin) });
  }

  private async beginning({ finalized }: EngineHeads, signal: AbortSignal): Promise<L2BlockRef> {
    const final = isZeroRef(finalized) ? await this.genesis(signal) : finalized;
    return this.heads.beginning(final, signal);
  }

  /** While the execution layer does its own sync nothing is followed, and it lacks blocks. */
  private async readyHeads(signal: AbortSignal): Promise<EngineHeads> {
    const { engine, labels } = this.deps;
    let l1 = labels.get();
    while (isZeroRef(l1.head)) l1 = await labels.changed(l1, signal);
    let heads = engine.heads.get();
    while (isZeroRef(heads.unsafe) || isInitialElSyncing(heads)) {
      heads = await engine.heads.changed(heads, signal);
    }
    return heads;
  }

  private async genesis(signal: AbortSignal): Promise<L2BlockRef> {
    const { number } = this.options.config.genesis.l2;
    const genesis = await this.deps.l2.l2BlockRefByNumber(number, signal);
    if (genesis === null) throw blockMissing('L2 genesis block', number);
    return genesis;
  }

  private async derive(signal: AbortSignal): Promise<void> {
    const { pipeline, recorder, labels } = this.deps;
    const seen = labels.get();
    const result = await pipeline.step(this.verified.tip, signal);
    switch (result.kind) {
      case 'attributes':
        this.state = { kind: 'comparing', derived: result.attributes };
        return;
      case 'advanced':
        if (result.newOrigin === null) return;
        recorder.originMoved(result.newOrigin);
        // What a doubt is about is neither proven nor refuted.
        if (this.doubt === null) this.heads.originMoved(result.newOrigin);
        if (this.doubt !== null && result.newOrigin.number > this.doubt.l1Limit) this.endDoubt();
        return;
      case 'needL1':
        if (this.doubt !== null && result.number > this.doubt.l1Limit) this.endDoubt();
        else this.state = { kind: 'exhausted', seen };
        return;
      case 'idle':
        throw invariant('the pipeline waits for a reset that is over');
    }
  }

  private async compare(derived: DerivedAttributes, signal: AbortSignal): Promise<void> {
    const { engine, chain } = this.deps;
    const tip = this.verified.tip;
    if (engine.heads.get().localSafe.number <= tip.number) {
      await this.waitForFollowed(derived, signal);
      return;
    }
    const compared = await chain.compare(derived, signal);
    switch (compared.kind) {
      case 'missing':
        throw blockMissing('followed block', tip.number + 1n);
      case 'same':
        await this.prove(compared.ref, derived, signal);
        this.advance(compared.ref, derived.concluding);
        return;
      case 'different':
        await this.different(derived, compared, signal);
        return;
    }
  }

  /**
   * Waits for the followed head. While a block is refuted it may be L1 that was wrong: nothing would be followed before
   * it is derived again, so that each new L1 head is a reason to look.
   */
  private async waitForFollowed(derived: DerivedAttributes, signal: AbortSignal): Promise<void> {
    const { engine, labels } = this.deps;
    const heads = engine.heads.get();
    if (this.refutedBlock.get() === null) {
      await engine.heads.changed(heads, signal);
      return;
    }
    const seen = labels.get();
    if (!(await this.isOnL1(derived.derivedFrom, signal))) return;
    await anyOf<unknown>(
      [(s) => engine.heads.changed(heads, s), (s) => labels.changed(seen, s)],
      signal,
    );
  }

  /**
   * A difference counts once it has been seen twice on the same chains. Then there is one thing that only execution can
   * tell: whether the batch was invalid. From Holocene such a block is replaced by its deposits alone, which is known by
   * its contents. Before it the batch is dropped and another one gives the block: the rest of L1 is read for it.
   */
  private async different(
    derived: DerivedAttributes,
    compared: ComparedBlock & { readonly kind: 'different' },
    signal: AbortSignal,
  ): Promise<void> {
    const { chain, pipeline, log } = this.deps;
    // What is followed may have been derived when a challenge was lost already that is still ahead here.
    await pipeline.settleAhead(signal);
    const parent = this.verified.tip;
    const { block, reason } = compared;
    const bare = withDepositsOnly(derived);
    const hasUserTransactions =
      bare.attributes.transactions.length < derived.attributes.transactions.length;
    const isHolocene = isActive(this.options.config, 'holocene', derived.derivedFrom.timestamp);
    if (isHolocene && hasUserTransactions) {
      const replaced = await chain.compare(bare, signal);
      if (replaced.kind === 'same') {
        await this.prove(replaced.ref, derived, signal);
        pipeline.depositsOnly(parent, derived.derivedFrom);
        this.acceptReplaced(replaced.ref, reason);
        this.advance(replaced.ref, derived.concluding);
        return;
      }
    }
    if (!(await this.isConfirmed(derived, block, signal))) return;
    const { doubt } = this;
    if (doubt !== null && (await chain.hashAt(doubt.block.number, signal)) !== doubt.block.hash) {
      // The batch that was passed over for it may be the right one of the block there is now.
      await this.startOver('the followed chain has left the block in doubt', signal);
      return;
    }
    if (doubt !== null && !hasUserTransactions) {
      // Of no batch: nothing but the one that was passed over gives the blocks up to the one in doubt.
      this.endDoubt();
      return;
    }
    if (isHolocene || !hasUserTransactions) {
      this.state = { kind: 'refuting', found: { block, reason, parent }, next: this.state };
      return;
    }
    this.doubt ??= { block, reason, parent, l1Limit: this.l1Limit() };
    log.warn('Followed block does not match its batch, another batch may', {
      followed: block,
      reason,
      derivedFrom: blockId(derived.derivedFrom),
    });
    this.verified.dropBatch();
    this.state = { kind: 'deriving' };
  }

  /** Up to here L1 may tell of what is followed: the source may know an L1 block that our label has not come to. */
  private l1Limit(): bigint {
    const { number } = this.deps.engine.heads.get().currentL1;
    if (number > this.highestL1) return number;
    return this.highestL1;
  }

  /**
   * Whether a difference is one of the same chains: the verified block and the L1 block are still canonical, else
   * everything starts over, and the followed block is still there and still differs.
   */
  private async isConfirmed(
    derived: DerivedAttributes,
    block: BlockId,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { chain, engine } = this.deps;
    const tip = this.verified.tip;
    if ((await chain.hashAt(tip.number, signal)) !== tip.hash) {
      await this.startOver('the followed chain has left the verified block', signal);
      return false;
    }
    if (!(await this.isOnL1(derived.derivedFrom, signal))) return false;
    const again = await chain.compare(derived, signal);
    if (again.kind !== 'different' || again.block.hash !== block.hash) return false;
    const { localSafe } = engine.heads.get();
    if ((await chain.hashAt(localSafe.number, signal)) !== localSafe.hash) {
      // It is on its way to another head: what it has at the block's height need not be what is followed.
      throw blockMissing('followed local safe head', localSafe.number);
    }
    return localSafe.number >= block.number;
  }

  /** False where L1 has another block there: then everything has started over. */
  private async isOnL1(block: L1BlockRef, signal: AbortSignal): Promise<boolean> {
    const found = await this.deps.l1.l1BlockRefByNumber(block.number, signal);
    if (found === null) throw blockMissing('L1 block', block.number);
    if (found.hash === block.hash) return true;
    await this.startOver('L1 has another block than was derived from', signal);
    return false;
  }

  /** What ends a batch is recorded before it counts: where that fails, the block is compared again. */
  private async prove(
    ref: L2BlockRef,
    { concluding, derivedFrom }: DerivedAttributes,
    signal: AbortSignal,
  ): Promise<void> {
    if (concluding) await this.heads.advance(ref, derivedFrom, signal);
  }

  private advance(ref: L2BlockRef, isConcluding: boolean): void {
    const { engine, recorder, log } = this.deps;
    this.verified.advance(ref, isConcluding, engine.heads.get().finalized);
    this.state = { kind: 'deriving' };
    recorder.verified(ref);
    const { doubt } = this;
    if (doubt !== null && ref.number >= doubt.block.number) {
      this.doubt = null;
      this.acceptReplaced(ref, doubt.reason);
    }
    const refuted = this.refutedBlock.get();
    if (refuted !== null && ref.number >= refuted.number) {
      this.refutedBlock.set(null);
      log.info('Followed chain is verified past the refuted block', { refuted, by: blockId(ref) });
    }
  }

  private acceptReplaced(ref: L2BlockRef, reason: string): void {
    this.deps.recorder.replaced();
    this.deps.log.warn('Followed block replaces an invalid batch, which is not verified', {
      followed: blockId(ref),
      reason,
    });
  }

  /** No other batch gives the doubted block. */
  private endDoubt(): void {
    const { doubt } = this;
    if (doubt === null) return;
    this.doubt = null;
    const { block, reason, parent } = doubt;
    const next: State = { kind: 'starting', from: parent };
    this.state = { kind: 'refuting', found: { block, reason, parent }, next };
  }

  /**
   * Has follow refuse the block, then the engine leave it, in this order: no poll in between brings it back.
   * @throws NodeError VERIFY_FINALIZED_REFUTED, critical; temporary while the engine has not returned.
   */
  private async refute(found: Difference, next: State, signal: AbortSignal): Promise<void> {
    const { chain, engine, recorder, log } = this.deps;
    const { block, reason, parent } = found;
    const isStillOurs = (await chain.hashAt(block.number, signal)) === block.hash;
    const heads = engine.heads.get();
    if (isStillOurs && block.number <= heads.finalized.number) {
      throw finalizedRefuted(block, parent, { finalized: blockId(heads.finalized), reason });
    }
    if (isStillOurs && this.refutedBlock.get()?.hash !== block.hash) {
      this.refutedBlock.set(blockId(block));
      recorder.refuted();
      log.error('Followed block is not what L1 says: returning to the last verified block', {
        refuted: blockId(block),
        verified: blockId(parent),
        reason,
        safe: blockId(heads.safe),
        finalized: blockId(heads.finalized),
      });
    }
    if (isStillOurs) await returnToVerified(engine, parent, signal);
    this.state = next;
  }

  /** Everything void but what is finalized and verified: no block is left out. */
  private async startOver(why: string, signal: AbortSignal): Promise<void> {
    const { chain, engine, recorder, log } = this.deps;
    const tip = this.verified.tipOrNull;
    const isTipOurs = tip !== null && (await chain.hashAt(tip.number, signal)) === tip.hash;
    const from = this.verified.restart(engine.heads.get().finalized, isTipOurs);
    this.refutedBlock.set(null);
    this.state = { kind: 'starting', from };
    recorder.startedOver();
    log.warn('Verification of the followed chain starts over', { why });
  }

  private async waitForL1(seen: L1Labels, signal: AbortSignal): Promise<void> {
    await this.deps.labels.changed(seen, signal);
    this.state = { kind: 'deriving' };
  }
}

function invariant(why: string): NodeError {
  return new NodeError('DERIVE_INVARIANT', why, { severity: 'critical' });
}
