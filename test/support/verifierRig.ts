import { NodeError } from '../../src/errors/nodeError.js';
import type { ComparedBlock, FollowedChain } from '../../src/follow/verify/ports.js';
import { FollowVerifier } from '../../src/follow/verify/verifier.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Settled } from '../../src/runtime/laneQueue.js';
import { WatchCell } from '../../src/runtime/watch.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import type { EngineHeads } from '../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../../src/types/followTarget.js';
import type { L1Labels } from '../../src/types/l1Heads.js';
import type { DerivedAttributes } from '../../src/types/payload.js';
import type { StepResult } from '../../src/types/stepResult.js';
import { deriveConfig, derivedAttributes, l1Block, l2Block } from './deriveFakes.js';
import { FakeLogger } from './fakeLogger.js';
import { MemorySafeHeads } from './memorySafeHeads.js';
import { provenDatabase } from './provenDatabase.js';

/** A batch's transaction and the L1 info deposit before it. */
const USER_TX = '0x02aa';
export const DEPOSIT_TX = '0x7e';

interface HeldBlock {
  readonly ref: L2BlockRef;
  readonly transactions: readonly string[];
}

/** Attributes for block `number`, derived from an L1 block, with these transactions. */
export function attributesFor(
  number: number,
  more: { from?: number; concluding?: boolean; transactions?: readonly string[] } = {},
): StepResult {
  const { from = 20, concluding = true, transactions = [DEPOSIT_TX, USER_TX] } = more;
  const made = derivedAttributes(l2Block(number - 1), l1Block(from), concluding);
  const attributes = { ...made.attributes, transactions } as typeof made.attributes;
  return { kind: 'attributes', attributes: { ...made, attributes } };
}

/** A block beside the made chain: another hash, other transactions. */
export function alteredBlock(number: number): HeldBlock {
  const hash: Hash = `0xf${number.toString(16).padStart(63, '0')}`;
  return { ref: l2Block(number, { hash }), transactions: [DEPOSIT_TX, '0x02bb'] };
}

/** A verifier between a scripted pipeline and a followed chain that the test makes. */
export class VerifierRig {
  readonly heads = new WatchCell<EngineHeads>(UNKNOWN_HEADS);
  readonly labels = new WatchCell<L1Labels>({ head: l1Block(30), finalized: l1Block(15) });
  readonly log = new FakeLogger();
  /** What the pipeline comes to, in order; `needL1` after the last. */
  readonly script: (StepResult | NodeError)[] = [];
  /** The parent of each step of the pipeline. */
  readonly parents: bigint[] = [];
  readonly flushed: BlockId[] = [];
  resets = 0;
  /** Our canonical chain. */
  readonly blocks = new Map<bigint, HeldBlock>();
  /** Called before each comparison. */
  onCompare: () => void = () => undefined;
  /** Heights whose next comparison finds a difference that is not there. */
  readonly misread = new Set<bigint>();
  /** L1 blocks of another fork, by height. */
  readonly l1Forks = new Map<bigint, L1BlockRef>();
  /** The highest block that L1 has. */
  l1Tip = 1_000n;
  readonly targets: FollowTarget[] = [];
  /** What was refuted when each target was asked for. */
  readonly refutedThen: (BlockId | null)[] = [];
  /** How the engine settles; applied after the last. */
  readonly settles: Settled<FollowResult>[] = [];
  readonly counts = { refuted: 0, replaced: 0, startedOver: 0 };
  verified: bigint | null = null;
  /** Temporary failures that left `step`. */
  readonly errors: NodeError[] = [];
  /** What ended the loop, besides the stop. */
  failure: unknown = null;
  readonly stop = new AbortController();
  readonly safeHeads: MemorySafeHeads;
  readonly actor: FollowVerifier;

  constructor(config: Partial<RollupConfig> = {}, safeHeads = new MemorySafeHeads()) {
    this.safeHeads = safeHeads;
    this.actor = new FollowVerifier({ config: deriveConfig(config) }, this.ports());
  }

  /** Our chain is the made one up to `tip`; the other heads are as said. */
  chainUpTo(tip: number, heads: { finalized?: number; localSafe?: number } = {}): this {
    for (let number = 0; number <= tip; number += 1) {
      this.hold({ ref: l2Block(number), transactions: [DEPOSIT_TX, USER_TX] });
    }
    return this.follow(heads.localSafe ?? tip, heads.finalized ?? 0);
  }

  /** Puts a block on our chain. */
  hold(block: HeldBlock): this {
    this.blocks.set(block.ref.number, block);
    return this;
  }

  /** The engine's heads are our blocks of these heights. */
  follow(localSafe: number, finalized = Number(this.heads.get().finalized.number)): this {
    const at = (number: number) => this.blocks.get(BigInt(number))?.ref ?? l2Block(number);
    const tip = at(localSafe);
    const safe = { unsafe: tip, crossUnsafe: tip, localSafe: tip, safe: tip };
    this.heads.set({ ...this.heads.get(), ...safe, finalized: at(finalized) });
    return this;
  }

  /** Steps in the background until the test stops it, going on after temporary failures. */
  run(): this {
    void this.loop();
    return this;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      try {
        await this.actor.step(signal);
      } catch (thrown) {
        if (signal.aborted) return;
        if (!(thrown instanceof NodeError) || thrown.severity !== 'temporary') {
          this.failure = thrown;
          return;
        }
        this.errors.push(thrown);
      }
    }
  }

  private ports() {
    const l1 = {
      l1BlockRefByNumber: async (number: bigint) =>
        number > this.l1Tip ? null : (this.l1Forks.get(number) ?? l1Block(number)),
      l1BlockRefByHash: async () => null,
    };
    return {
      pipeline: {
        step: async (parent: L2BlockRef): Promise<StepResult> => {
          this.parents.push(parent.number);
          const next = this.script.shift() ?? { kind: 'needL1' as const, number: 31n };
          if (next instanceof NodeError) throw next;
          return next;
        },
        reset: () => {
          this.resets += 1;
        },
        confirmEngineReset: () => undefined,
        settleAhead: async () => undefined,
        depositsOnly: (parent: BlockId): DerivedAttributes => {
          this.flushed.push(parent);
          return derivedAttributes(l2Block(Number(parent.number)), l1Block(20));
        },
      },
      chain: this.chain(),
      engine: {
        heads: this.heads,
        follow: async (target: FollowTarget): Promise<Settled<FollowResult>> => {
          this.targets.push(target);
          this.refutedThen.push(this.actor.refuted.get());
          const settled = this.settles.shift();
          if (settled !== undefined) return settled;
          const { localSafe, safe } = target;
          const heads = { unsafe: localSafe, crossUnsafe: localSafe, localSafe, safe };
          this.heads.set({ ...this.heads.get(), ...heads });
          return { kind: 'ok', value: { kind: 'applied', reorged: true } };
        },
      },
      l2: {
        l2BlockRefByNumber: async (number: bigint) => this.blocks.get(number)?.ref ?? null,
      },
      l1,
      database: provenDatabase(this.safeHeads, { genesis: l2Block(0), l1 }),
      labels: this.labels,
      recorder: {
        verified: ({ number }: L2BlockRef) => {
          this.verified = number;
        },
        originMoved: () => undefined,
        refuted: () => {
          this.counts.refuted += 1;
        },
        replaced: () => {
          this.counts.replaced += 1;
        },
        startedOver: () => {
          this.counts.startedOver += 1;
        },
      },
      log: this.log,
    };
  }

  private chain(): FollowedChain {
    return {
      compare: async ({ attributes, parent }): Promise<ComparedBlock> => {
        this.onCompare();
        const held = this.blocks.get(parent.number + 1n);
        if (held === undefined) return { kind: 'missing' };
        const isSame =
          held.ref.parentHash === parent.hash &&
          held.transactions.join() === attributes.transactions.join();
        const isMisread = this.misread.delete(held.ref.number);
        if (isSame && !isMisread) return { kind: 'same', ref: held.ref };
        return { kind: 'different', block: held.ref, reason: 'transactions differ' };
      },
      hashAt: async (number) => this.blocks.get(number)?.ref.hash ?? null,
    };
  }
}
