import { RpcError } from '../../src/transport/ports.js';
import { FakeRpcClient } from './fakeRpcClient.js';
import type { Json } from './recordedWorld.js';
import { readWorldJson, readWorldLines } from './recordedWorld.js';

type Transaction = Json & { readonly hash: string };

/** A recorded L2 block with full transactions. */
export type RecordedBlock = Json & {
  readonly hash: `0x${string}`;
  readonly number: `0x${string}`;
  readonly parentHash: `0x${string}`;
  readonly transactions: readonly Transaction[];
};

/** The sequencer's blocks of a recorded world, genesis first. */
export function recordedL2(world: string): RecordedBlock[] {
  return readWorldLines(world, 'l2-unsafe.jsonl.gz') as unknown as RecordedBlock[];
}

/** An execution client that holds blocks and labels, and answers as op-geth does. */
export class FakeExecutionNode {
  readonly rpc: FakeRpcClient;
  chainId: string;
  /** Heights of the labels; a missing one is not known. */
  readonly tags: { latest?: number; safe?: number; finalized?: number } = {};
  /** Thrown by every request while set. */
  fault: Error | null = null;
  private readonly blocks: RecordedBlock[];

  constructor(world: string, blocks: readonly RecordedBlock[] = recordedL2(world)) {
    this.blocks = [...blocks];
    this.chainId = `0x${Number(readWorldJson(world, 'rollup.json').l2_chain_id).toString(16)}`;
    this.tags.latest = blocks.length - 1;
    this.rpc = new FakeRpcClient({
      eth_chainId: () => this.answer(() => this.chainId),
      eth_getBlockByNumber: ([at, isFull]) =>
        this.answer(() => this.blockAnswer(String(at), isFull === true)),
      eth_getTransactionByBlockHashAndIndex: ([hash, index]) =>
        this.answer(() => this.find(String(hash))?.transactions[Number(index)] ?? null),
    });
  }

  block(number: number): RecordedBlock {
    const block = this.blocks[number];
    if (block === undefined) throw new Error(`no block ${number}`);
    return block;
  }

  /** Answers with this instead of a block. */
  replace(number: number, block: RecordedBlock): void {
    this.blocks[number] = block;
  }

  private answer(make: () => unknown): unknown {
    if (this.fault !== null) throw this.fault;
    return make();
  }

  private find(hash: string): RecordedBlock | undefined {
    return this.blocks.find((block) => block.hash === hash);
  }

  private blockAnswer(at: string, isFull: boolean): unknown {
    const isTag = !at.startsWith('0x');
    const number = isTag ? this.tags[at as keyof typeof this.tags] : Number(at);
    if (number === undefined) {
      throw new RpcError('eth_getBlockByNumber', -32000, `${at} block not found`, undefined);
    }
    const block = this.blocks[number];
    if (block === undefined || number > (this.tags.latest ?? Number.POSITIVE_INFINITY)) return null;
    return isFull ? block : { ...block, transactions: block.transactions.map((tx) => tx.hash) };
  }
}
