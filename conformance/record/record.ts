import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rpc } from '../../devnet/rpcClient.js';
import { SIGNER_SLOT } from '../../src/p2p/signer/chainSigner.js';
import type { BlockJson, RollupJson } from '../recorded.js';
import { World } from '../world.js';
import { liveDaInputs } from './liveDaInputs.js';
import { type LiveL1Source, liveL1Blocks, liveL1Facts } from './liveL1Blocks.js';
import type { RecordOptions } from './options.js';
import { recordDerivation } from './recordDerivation.js';
import { WorldFiles } from './worldFiles.js';

/**
 * Writes a live chain down as a world: its L1, which must stand still, the inputs of its DA server, the sequencer's blocks, and
 * what a node derives from them, with an engine of its own, and answers at rest.
 */
export async function record(options: RecordOptions, say: (line: string) => void): Promise<void> {
  const { chain, out, command } = options;
  await mkdir(out, { recursive: true });
  const files = new WorldFiles(out);
  for (const file of ['rollup.json', 'l1-chain-config.json']) {
    await files.copy(join(chain, file), file);
  }
  await files.copy(join(chain, 'l2-genesis.json'), 'l2-genesis.json.gz');
  await recordChains(options, files);
  say('the chains are written; deriving');
  const world = new World(out);
  await recordDerivation({ world, files, say, ...(command !== undefined && { command }) });
}

async function recordChains(options: RecordOptions, files: WorldFiles): Promise<void> {
  const { l1, beacon, l2, da, chain } = options;
  const rollup = JSON.parse(await readFile(join(chain, 'rollup.json'), 'utf8')) as RollupJson;
  const address = String(rollup.l1_system_config_address).toLowerCase();
  const source: LiveL1Source = { l1, beacon, signer: { address, slot: SIGNER_SLOT } };
  const facts = await liveL1Facts(source);
  const finalized = options.finalized ?? facts.l1.finalized;
  await files.json('world.json', { l1: { ...facts.l1, finalized } });
  const entries = await liveL1Blocks(source);
  await files.lines('l1.jsonl.gz', entries);
  if (da !== null) {
    const inputs = await liveDaInputs(da, entries, String(rollup.batch_inbox_address));
    await files.lines('altda.jsonl.gz', inputs);
  }
  await files.lines('l2-unsafe.jsonl.gz', await l2Blocks(l2));
}

async function l2Blocks(l2: string): Promise<readonly BlockJson[]> {
  const head = Number(await rpc<string>(l2, 'eth_blockNumber'));
  const blocks: BlockJson[] = [];
  for (let number = 0; number <= head; number++) {
    const tag = `0x${number.toString(16)}`;
    blocks.push(await rpc<BlockJson>(l2, 'eth_getBlockByNumber', [tag, true]));
  }
  return blocks;
}
