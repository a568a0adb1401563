import { rpc } from '../../devnet/rpcClient.js';
import type { BlockJson, L1Entry, ReceiptJson, WorldFacts } from '../recorded.js';

/** Where a live L1 is read. */
export interface LiveL1Source {
  readonly l1: string;
  readonly beacon: string;
  /** The account and slot with the sequencer's address for gossip: nodes ask for a proof of it. */
  readonly signer: { readonly address: string; readonly slot: string };
}

/** Every block of a live L1 up to its head, with all that nodes ask about it. */
export async function liveL1Blocks(source: LiveL1Source): Promise<readonly L1Entry[]> {
  const head = Number(await rpc<string>(source.l1, 'eth_blockNumber'));
  const { genesisTime, secondsPerSlot } = await beaconFacts(source.beacon);
  const entries: L1Entry[] = [];
  for (let number = 0; number <= head; number++) {
    const tag = `0x${number.toString(16)}`;
    const ask = <T>(method: string, ...params: unknown[]) => rpc<T>(source.l1, method, params);
    const block = await ask<BlockJson>('eth_getBlockByNumber', tag, true);
    const slot = (Number(block.timestamp) - genesisTime) / secondsPerSlot;
    const { address, slot: key } = source.signer;
    const blobs = block.blobGasUsed === '0x0' ? [] : await blobsAt(source, slot, block);
    entries.push({
      block,
      receipts: await ask<readonly ReceiptJson[]>('eth_getBlockReceipts', tag),
      proof: await ask<NonNullable<L1Entry['proof']>>('eth_getProof', address, [key], tag),
      ...(blobs.length > 0 && { blobs }),
    });
  }
  return entries;
}

/** What `world.json` says of that L1. */
export async function liveL1Facts({ l1, beacon, signer }: LiveL1Source): Promise<WorldFacts> {
  const numberAt = async (tag: string) =>
    Number((await rpc<BlockJson>(l1, 'eth_getBlockByNumber', [tag, false])).number);
  const slot = BigInt(signer.slot).toString(16);
  const value = await rpc<string>(l1, 'eth_getStorageAt', [signer.address, signer.slot, 'latest']);
  return {
    l1: {
      chainId: await rpc<string>(l1, 'eth_chainId'),
      head: await numberAt('latest'),
      safe: await numberAt('safe'),
      finalized: await numberAt('finalized'),
      beacon: await beaconFacts(beacon),
      storage: { [signer.address]: { [slot]: value } },
    },
  };
}

async function beaconFacts(beacon: string): Promise<WorldFacts['l1']['beacon']> {
  const genesis = await get<{ genesis_time: string }>(`${beacon}/eth/v1/beacon/genesis`);
  const spec = await get<{ SECONDS_PER_SLOT: string }>(`${beacon}/eth/v1/config/spec`);
  return {
    genesisTime: Number(genesis.genesis_time),
    secondsPerSlot: Number(spec.SECONDS_PER_SLOT),
  };
}

/** The blobs of one block, in the order of its transactions. */
async function blobsAt(
  { beacon }: LiveL1Source,
  slot: number,
  { transactions }: BlockJson,
): Promise<NonNullable<L1Entry['blobs']>> {
  const hashes = transactions.flatMap(
    (tx) => (tx.blobVersionedHashes as string[] | undefined) ?? [],
  );
  const blobs = await get<readonly string[]>(`${beacon}/eth/v1/beacon/blobs/${slot}`);
  return hashes.map((versioned_hash, index) => ({ versioned_hash, blob: blobs[index] ?? '0x' }));
}

async function get<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return ((await answer.json()) as { readonly data: T }).data;
}
