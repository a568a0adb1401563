import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { isZeroRef, ZERO_L2_REF } from '../../../src/types/block.js';
import type { SyncStatus } from '../../../src/types/syncStatus.js';
import { GENESIS_REF } from '../l2Chain.js';
import type { ExpectedChain } from './expectedChain.js';
import type { L1Tree } from './l1Tree.js';
import type { L2Blocks } from './l2Blocks.js';
import type { SimEngine } from './simEngine.js';

/** How far back a reason is searched for. */
const DEEPEST = 150;

export interface InvariantDeps {
  readonly l1: L1Tree;
  readonly l2: L2Blocks;
  readonly expected: ExpectedChain;
  /** The highest L1 block that is final. */
  readonly finalL1: () => L1BlockRef;
  readonly engine: Pick<SimEngine, 'valid' | 'lost' | 'lostForGood' | 'refusedBlocks'>;
}

/** What a node must never do, whatever happens to it. */
export class Invariants {
  readonly violations: string[] = [];
  private readonly published = new Map<string, L2BlockRef[]>();
  private readonly publishedHashes = new Set<string>();
  /** Blocks of others that became our head. */
  private readonly foreign = new Set<string>();
  private before: SyncStatus | null = null;
  /** Blocks of a source that is believed may be none of L1, for a while. */
  isTrusting = false;
  /** The safe head has no reason to go back. */
  isSafeSteady = false;

  constructor(private readonly deps: InvariantDeps) {}

  look(status: SyncStatus): void {
    const { before } = this;
    if (status === before || isZeroRef(status.unsafeL2)) return;
    this.before = status;
    this.checkOrder(status);
    this.checkKnown(status);
    this.checkSafe(status);
    if (before === null) return;
    this.checkFinalized(before.finalizedL2, status.finalizedL2);
    this.checkReplaced(before.unsafeL2, status.unsafeL2);
    const isBack = !this.deps.l2.isAncestor(before.safeL2, status.safeL2);
    if (this.isSafeSteady && isBack) {
      this.fail(`safe went from ${name(before.safeL2)} to ${name(status.safeL2)}`);
    }
  }

  /** A block of somebody else that may replace ours. */
  allow(hash: string): void {
    this.foreign.add(hash);
  }

  publish(ref: L2BlockRef): void {
    const siblings = this.published.get(ref.parentHash) ?? [];
    for (const other of siblings) {
      if (other.hash !== ref.hash && !this.mayBeReplaced(other)) {
        this.fail(`published ${name(ref)} beside ${name(other)}`);
      }
    }
    this.published.set(ref.parentHash, [...siblings, ref]);
    this.publishedHashes.add(ref.hash);
  }

  fail(text: string): void {
    this.violations.push(text);
  }

  /** A block of others may lead past the pending safe head until the next derived block leads back. */
  private checkOrder({ finalizedL2, safeL2, localSafeL2, pendingSafeL2, unsafeL2 }: SyncStatus) {
    const pending = this.foreign.size > 0 ? ZERO_L2_REF : pendingSafeL2;
    const heads = [finalizedL2, safeL2, localSafeL2, pending, unsafeL2].filter(
      (ref) => !isZeroRef(ref),
    );
    const isBelow = !isZeroRef(pendingSafeL2) && pendingSafeL2.number < localSafeL2.number;
    if (isBelow || pendingSafeL2.number > unsafeL2.number) {
      this.fail(`pending safe ${name(pendingSafeL2)} is out of order`);
    }
    for (const [at, ref] of heads.entries()) {
      const next = heads[at + 1];
      if (next !== undefined && !this.deps.l2.isAncestor(ref, next)) {
        this.fail(`heads are not on one chain: ${heads.map(name).join(' ')}`);
        return;
      }
    }
  }

  private checkKnown(status: SyncStatus): void {
    const { unsafeL2, safeL2, localSafeL2, finalizedL2 } = status;
    for (const ref of [unsafeL2, safeL2, localSafeL2, finalizedL2]) {
      if (!isZeroRef(ref) && !this.deps.engine.valid.has(ref.hash)) {
        this.fail(`reported ${name(ref)}, which the engine never called valid`);
      }
    }
  }

  /** What a batcher relies on: nothing that was posted before `current_l1` is missing. */
  private checkSafe({ currentL1, safeL2, finalizedL2 }: SyncStatus): void {
    const { l1, l2, expected } = this.deps;
    if (this.isTrusting) return;
    if (safeL2.number > 0n && !expected.anyAt(safeL2.number).has(safeL2.hash)) {
      this.fail(`safe ${name(safeL2)} is not derived from any L1`);
    }
    if (currentL1.number > 0n) {
      const { safe } = expected.after(l1.at(currentL1.hash).ref.parentHash);
      if (!l2.isAncestor(safe, safeL2)) {
        this.fail(`safe ${name(safeL2)} lacks ${name(safe)} of L1 before ${name(currentL1)}`);
      }
    }
    const finalL1 = this.deps.finalL1();
    const { safe } = expected.after(finalL1.hash);
    if (!isZeroRef(finalizedL2) && !l2.isAncestor(finalizedL2, safe)) {
      this.fail(`finalized ${name(finalizedL2)} is not final at ${name(finalL1)}`);
    }
  }

  private checkFinalized(before: L2BlockRef, now: L2BlockRef): void {
    if (isZeroRef(before) || this.deps.l2.isAncestor(before, now)) return;
    if (this.deps.engine.lost.has(before.hash)) return;
    this.fail(`finalized went from ${name(before)} to ${name(now)}`);
  }

  private checkReplaced(before: L2BlockRef, now: L2BlockRef): void {
    const { l2 } = this.deps;
    if (l2.isAncestor(before, now)) return;
    for (let at: L2BlockRef | null = before; at !== null && !l2.isAncestor(at, now); ) {
      const isReplaced = at.number <= now.number && this.publishedHashes.has(at.hash);
      if (isReplaced && !this.mayBeReplaced(at)) {
        this.fail(`published ${name(at)} was replaced: ${name(before)} to ${name(now)}`);
        return;
      }
      at = l2.ref(at.parentHash);
    }
  }

  /** Its L1 origin has left L1, L1 says another block, the engine refused it, or somebody else's took its place. */
  private mayBeReplaced(ref: L2BlockRef): boolean {
    const { l1, l2, expected, engine } = this.deps;
    let at: L2BlockRef | null = ref;
    for (let depth = 0; at !== null && depth < DEEPEST && at.number > 0n; depth += 1) {
      const { hash } = at;
      const derived = [...expected.anyAt(at.number)].some((other) => other !== hash);
      const isGone = engine.refusedBlocks.has(hash) || engine.lostForGood.has(hash);
      if (derived || isGone || l1.hasEverLeft(at.l1Origin.hash)) return true;
      at = l2.ref(at.parentHash);
    }
    return [...this.foreign].some((hash) => {
      const other = l2.ref(hash as L2BlockRef['hash']) ?? GENESIS_REF;
      return other.number <= ref.number && !l2.isAncestor(other, ref);
    });
  }
}

export function name({ number, hash }: L2BlockRef | L1BlockRef): string {
  return `${number}:${hash.slice(2, 8)}`;
}
