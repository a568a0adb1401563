import { DerivationPipeline } from '../../src/derive/pipeline.js';
import type { DeriveObserver } from '../../src/derive/ports.js';
import { SILENT_OBSERVER } from '../../src/derive/ports.js';
import { syncLookback } from '../../src/engine/findForkchoice.js';
import { NodeError } from '../../src/errors/nodeError.js';
import type { L2BlockRef } from '../../src/types/block.js';
import type { AttributesWithParent } from '../../src/types/payload.js';
import type { DerivedLine } from '../derivedLine.js';
import { attributesDifference } from './attributesDifference.js';
import { offlineAltDa } from './offlineAltDa.js';
import type { OfflineWorld } from './offlineWorld.js';
import { RecordedL2 } from './recordedL2.js';

/** How far the derived attributes and the recorded ones are the same. */
export interface OfflineOutcome {
  /** Recorded blocks whose attributes were derived, equal in every field and byte. */
  readonly equal: number;
  /** The first difference; null when there is none. */
  readonly difference: string | null;
  /** Where L1 was read up to. */
  readonly l1Origin: bigint;
  readonly safeHead: L2BlockRef;
}

/**
 * Derives a recorded world without an engine: each block of the recording is taken over as built once its attributes
 * were derived. Keeps its state between runs, so that L1 can grow or change in between.
 */
export class OfflineDerivation {
  /** The highest safe L2 block after each L1 block that concluded one. */
  readonly safeHeads = new Map<bigint, L2BlockRef>();
  /** L2 block number to the L1 block that its attributes were derived from. */
  readonly derivedFrom = new Map<number, number>();
  private safeHead: L2BlockRef;
  private readonly equal = new Set<DerivedLine>();
  private readonly world: OfflineWorld;
  /** Several of a number where op-node built another block in its place. */
  private readonly lines = new Map<number, DerivedLine[]>();
  private readonly l2: RecordedL2;
  private readonly pipeline: DerivationPipeline;
  private readonly signal = new AbortController().signal;

  /** @param from the block that is safe to begin with; all recorded blocks up to it are there. Default: genesis. */
  constructor(world: OfflineWorld, options: { observer?: DeriveObserver; from?: number } = {}) {
    const { config, l1Config, l1, derived } = world;
    const { observer = SILENT_OBSERVER, from = 0 } = options;
    this.world = world;
    for (const line of derived) {
      this.lines.set(line.number, [...(this.lines.get(line.number) ?? []), line]);
    }
    this.l2 = new RecordedL2(config);
    this.safeHead = this.l2.genesis;
    for (const line of derived.slice(0, from)) this.safeHead = this.l2.append(line);
    this.pipeline = new DerivationPipeline(
      { config, l1Config },
      {
        ...{ l1, canonical: l1.canonical, blobs: l1, l2: this.l2, observer },
        altDa: offlineAltDa(world),
        // Nobody else is here to be served.
        turn: async () => undefined,
      },
    );
    this.pipeline.confirmEngineReset();
  }

  /** Derives until L1 ends or attributes differ; starts over where L1 has another chain. */
  async run(): Promise<OfflineOutcome> {
    let difference: string | null = null;
    while (difference === null) {
      const result = await this.step();
      if (result === 'needL1') break;
      if (result !== null) difference = this.takeOver(result);
    }
    const { equal, safeHead } = this;
    return { equal: equal.size, difference, l1Origin: this.pipeline.origin.number, safeHead };
  }

  private async step(): Promise<AttributesWithParent | 'needL1' | null> {
    try {
      const result = await this.pipeline.step(this.safeHead, this.signal);
      if (result.kind === 'needL1') return 'needL1';
      return result.kind === 'attributes' ? result.attributes : null;
    } catch (thrown) {
      if (!(thrown instanceof NodeError) || thrown.severity !== 'reset') throw thrown;
      await this.startOver();
      return null;
    }
  }

  private takeOver(derived: AttributesWithParent): string | null {
    const number = Number(derived.parent.number) + 1;
    const lines = this.lines.get(number) ?? [];
    const differences = lines.map((line) => attributesDifference(derived, line, this.world.config));
    const line = lines[differences.indexOf(null)];
    if (line === undefined) return differences.at(-1) ?? `block ${number} is not in the recording`;
    this.safeHead = this.l2.append(line);
    this.equal.add(line);
    const { derivedFrom } = derived;
    if (derivedFrom === null) return null;
    this.derivedFrom.set(number, Number(derivedFrom.number));
    if (derived.concluding) this.safeHeads.set(derivedFrom.number, this.safeHead);
    return null;
  }

  /**
   * Back to a block that neither a reorg nor a lost input can have touched: canonical, and its origin a sequencing window
   * older, or as long as a challenge can take, so that all batches for what is kept are still where they were read.
   */
  private async startOver(): Promise<void> {
    const { genesis } = this.world.config;
    const oldest = this.pipeline.origin.number - syncLookback(this.world.config);
    while (this.safeHead.number > genesis.l2.number && this.safeHead.l1Origin.number > oldest) {
      const parent = await this.l2.l2BlockRefByHash(this.safeHead.parentHash);
      if (parent === null) throw new Error('recording has a gap');
      this.safeHead = parent;
    }
    const kept = this.safeHead.number;
    for (const [l1Number, head] of this.safeHeads) {
      if (head.number > kept) this.safeHeads.delete(l1Number);
    }
    this.pipeline.reset();
    this.pipeline.confirmEngineReset();
  }
}
