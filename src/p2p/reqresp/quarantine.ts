import type { Hash } from '../../types/block.js';
import type { ReceivedBlock } from '../codec/receivedBlock.js';
import type { PeerId } from './ports.js';

const MAX_BLOCKS = 100;
/** A hundred blocks are bounded by this as well: a block may be 10 MiB, and anybody may make up such blocks. */
const MAX_BYTES = 256 * 1024 * 1024;

/** A block that nothing we trust leads to yet, and who gave it. */
export interface QuarantinedBlock {
  readonly block: ReceivedBlock;
  readonly peer: PeerId;
}

/** Blocks that wait until we know whether they are of our chain; the least recently used ones go first. */
export class Quarantine {
  private readonly blocks = new Map<Hash, QuarantinedBlock>();
  /** The newest block of a height. */
  private readonly byHeight = new Map<bigint, Hash>();
  private bytes = 0;

  /** @param onEvicted told of each block that goes without having been taken. */
  constructor(private readonly onEvicted: (evicted: QuarantinedBlock) => void) {}

  get size(): number {
    return this.blocks.size;
  }

  add(entry: QuarantinedBlock): void {
    const { hash, number, body } = entry.block;
    this.take(hash);
    this.blocks.set(hash, entry);
    this.byHeight.set(number, hash);
    this.bytes += body.length;
    for (const oldest of this.blocks.values()) {
      if (this.blocks.size <= MAX_BLOCKS && this.bytes <= MAX_BYTES) break;
      this.evict(oldest.block.hash);
    }
  }

  get(hash: Hash): QuarantinedBlock | undefined {
    return this.blocks.get(hash);
  }

  atHeight(number: bigint): QuarantinedBlock | undefined {
    const hash = this.byHeight.get(number);
    return hash === undefined ? undefined : this.blocks.get(hash);
  }

  /** Takes a block out for use. */
  take(hash: Hash): QuarantinedBlock | undefined {
    const entry = this.blocks.get(hash);
    if (entry === undefined) return undefined;
    const { number, body } = entry.block;
    this.blocks.delete(hash);
    this.bytes -= body.length;
    if (this.byHeight.get(number) === hash) this.byHeight.delete(number);
    return entry;
  }

  /** Throws a block out. */
  evict(hash: Hash): void {
    const entry = this.take(hash);
    if (entry !== undefined) this.onEvicted(entry);
  }
}
