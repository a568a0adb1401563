import type { DeriveEngine, SafeBlockListener } from '../../src/derive/actors/ports.js';
import type { NodeError } from '../../src/errors/nodeError.js';
import type { Settled } from '../../src/runtime/laneQueue.js';
import type { Watch } from '../../src/runtime/watch.js';
import { WatchCell } from '../../src/runtime/watch.js';
import type { L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_L1_REF } from '../../src/types/block.js';
import type { ConsolidateResult } from '../../src/types/building.js';
import type { EngineHeads } from '../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { L1Labels } from '../../src/types/l1Heads.js';
import type { AttributesAhead, DerivedAttributes } from '../../src/types/payload.js';

/** An engine that settles what derivation asks as the test says, and notes it. */
export class FakeDeriveEngine implements DeriveEngine {
  readonly heads: Watch<EngineHeads> = new WatchCell(UNKNOWN_HEADS);
  readonly consolidated: {
    attributes: DerivedAttributes;
    epoch: number;
    ahead: AttributesAhead;
  }[] = [];
  readonly finalized: L2BlockRef[] = [];
  readonly resets: NodeError[] = [];
  synchronizations = 0;
  /** How the next calls of `consolidate` settle; once empty, each block is built. */
  readonly answers: Settled<ConsolidateResult>[] = [];
  readonly syncAnswers: Settled<unknown>[] = [];

  /** New heads with all labels at one block, in a further reset epoch. */
  reset(at: L2BlockRef): void {
    this.move({
      ...{ unsafe: at, crossUnsafe: at, pendingSafe: at, localSafe: at, safe: at },
      resetEpoch: this.heads.get().resetEpoch + 1,
    });
  }

  move(heads: Partial<EngineHeads>): void {
    this.heads.set({ ...this.heads.get(), ...heads });
  }

  async consolidate(
    attributes: DerivedAttributes,
    _signal: AbortSignal,
    epoch: number,
    ahead: AttributesAhead,
  ): Promise<Settled<ConsolidateResult>> {
    this.consolidated.push({ attributes, epoch, ahead });
    const answer = this.answers.shift();
    if (answer !== undefined) return answer;
    const ref = childOf(attributes);
    const safe = attributes.concluding ? { safe: ref, localSafe: ref } : {};
    this.move({ unsafe: ref, pendingSafe: ref, ...safe });
    return { kind: 'ok', value: { kind: 'built', ref } };
  }

  async synchronize(): Promise<Settled<unknown>> {
    this.synchronizations += 1;
    return this.syncAnswers.shift() ?? { kind: 'ok', value: 'applied' };
  }

  async finalize(ref: L2BlockRef): Promise<Settled<unknown>> {
    this.finalized.push(ref);
    this.move({ finalized: ref });
    return { kind: 'ok', value: undefined };
  }

  requestReset(why: NodeError): void {
    this.resets.push(why);
  }
}

/** The block that the fake builds of attributes. */
export function childOf({ attributes, parent }: DerivedAttributes): L2BlockRef {
  const number = parent.number + 1n;
  return {
    ...parent,
    number,
    hash: `0xb${number.toString(16).padStart(63, '0')}`,
    parentHash: parent.hash,
    timestamp: attributes.timestamp,
  };
}

export class FakeListener implements SafeBlockListener {
  readonly safe: { safe: L2BlockRef; derivedFrom: L1BlockRef }[] = [];
  readonly idle: L1BlockRef[] = [];
  resets = 0;

  safeDerived(safe: L2BlockRef, derivedFrom: L1BlockRef): void {
    this.safe.push({ safe, derivedFrom });
  }
  derivationIdle(origin: L1BlockRef): void {
    this.idle.push(origin);
  }
  reset(): void {
    this.resets += 1;
  }
}

/** L1 labels that the test moves. */
export function l1Labels(head: L1BlockRef, finalized: L1BlockRef = ZERO_L1_REF): Watch<L1Labels> {
  return new WatchCell({ head, finalized });
}
