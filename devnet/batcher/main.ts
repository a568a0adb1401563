import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { loadOfflineWorld } from '../../conformance/offline/offlineWorld.js';
import { World } from '../../conformance/world.js';
import { KzgBlobHasher } from '../../src/l1/blobHasher.js';
import { runProgram, SetupError } from '../setupError.js';
import { BatcherTransactions, RECORDED_BATCHER_KEY } from './batcherTransactions.js';
import { blocksToWrite } from './blocksToWrite.js';
import { reencodeL1 } from './reencodeL1.js';

const USAGE = `usage: node dist/devnet/batcher/main.js --world DIR --out DIR [--seed N]
  --world DIR   a recorded world
  --out DIR     where the world is written with its batches encoded anew
  --seed N      another seed draws other shapes; 1 unless given`;

/**
 * Copies a recorded world with the same L2 blocks in other batches. L1 headers stay, so the node that derives it must
 * trust the L1 endpoint (`--l1.trustrpc`); blobs have true commitments.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { world: { type: 'string' }, out: { type: 'string' }, seed: { type: 'string' } },
  });
  if (values.world === undefined || values.out === undefined) throw new SetupError(USAGE);
  const world = new World(values.world);
  const offline = loadOfflineWorld(world);
  const { config } = offline;
  let state = Number(values.seed ?? 1);
  const draw = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) % bound;
  };
  const hasher = new KzgBlobHasher();
  const { signal } = new AbortController();
  const hashBlob = async (blob: Uint8Array) => {
    const hash = await hasher.versionedHash(blob, signal);
    if (hash === null) throw new SetupError('a blob has a field element that is too large');
    return hash;
  };
  const transactions = new BatcherTransactions({
    config,
    privateKey: RECORDED_BATCHER_KEY,
    hashBlob,
  });
  const blocks = await blocksToWrite(offline);
  const entries = await reencodeL1(world.l1, blocks, { config, transactions, draw });
  await hasher.close();
  cpSync(world.dir, values.out, { recursive: true });
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  writeFileSync(join(values.out, 'l1.jsonl.gz'), gzipSync(lines));
  console.log(`wrote ${values.out}: ${blocks.length} L2 blocks in batches drawn anew`);
  return 0;
}

await runProgram(main);
