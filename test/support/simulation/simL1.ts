import { NodeError } from '../../../src/errors/nodeError.js';
import type { BlockLabel, Hash, L1BlockRef } from '../../../src/types/block.js';
import type { L1HeaderInfo, L1Receipt } from '../../../src/types/l1Block.js';
import { l1Info } from './expectedChain.js';
import type { L1Tree, SimChannel } from './l1Tree.js';
import type { SimClock } from './simClock.js';
import type { SimRandom } from './simRandom.js';

/** L1 blocks behind the head that are final. */
export const FINALITY_BLOCKS = 9n;

/** The node's L1 endpoint and beacon node: as slow and as broken as it is told to be. */
export class SimL1 {
  /** Share of requests that fail. */
  failing = 0;
  /** Requests that take longer: up to this. */
  slowMs = 0;
  /** Some requests see L1 as it was at this head: one endpoint of several is behind. */
  laggard: L1BlockRef | null = null;
  /** An L1 block that has left the chain is not known any more. */
  forgetsOrphans = false;

  constructor(
    private readonly tree: L1Tree,
    private readonly deps: { readonly clock: SimClock; readonly random: SimRandom },
  ) {}

  async l1BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L1BlockRef | null> {
    const head = await this.enter(signal);
    if (label === 'latest') return head;
    const depth = label === 'safe' ? FINALITY_BLOCKS / 2n : FINALITY_BLOCKS;
    return head.number < depth ? this.tree.genesis.ref : this.finalAt(head, depth);
  }

  async l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null> {
    return this.tree.ancestor(await this.enter(signal), number);
  }

  async l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null> {
    await this.enter(signal);
    const ref = this.tree.get(hash)?.ref ?? null;
    if (ref === null || (this.forgetsOrphans && !this.tree.isCanonical(ref))) return null;
    return ref;
  }

  async l1InfoByHash(hash: Hash, signal: AbortSignal): Promise<L1HeaderInfo | null> {
    const ref = await this.l1BlockRefByHash(hash, signal);
    return ref === null ? null : l1Info(ref);
  }

  async l1ReceiptsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Receipt[] | null> {
    return (await this.l1BlockRefByHash(hash, signal)) === null ? null : [];
  }

  l1TransactionsByHash(): Promise<never> {
    throw new Error('the simulated chain reads batches as they are');
  }

  async channelsOf(hash: Hash, signal: AbortSignal): Promise<readonly SimChannel[]> {
    if ((await this.l1BlockRefByHash(hash, signal)) !== null) return this.tree.at(hash).channels;
    throw new NodeError('L1_BLOBS_UNAVAILABLE', 'no beacon endpoint gave the blobs', {
      severity: 'temporary',
    });
  }

  /** As the beacon chain does, finality moves in steps. */
  private finalAt(head: L1BlockRef, depth: bigint): L1BlockRef {
    const number = ((head.number - depth) / 2n) * 2n;
    return this.tree.ancestor(head, number) ?? this.tree.genesis.ref;
  }

  /** @returns the head that this request sees. */
  private async enter(signal: AbortSignal): Promise<L1BlockRef> {
    const { clock, random } = this.deps;
    const waitMs = random.int(1, 20) + (this.slowMs > 0 ? random.int(0, this.slowMs) : 0);
    await clock.sleep(waitMs, signal);
    if (random.chance(this.failing)) {
      throw new NodeError('TRANSPORT_FAILED', 'L1 is down', { severity: 'temporary' });
    }
    return this.laggard !== null && random.chance(0.5) ? this.laggard : this.tree.head;
  }
}
