import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash } from '../../src/types/block.js';
import type { DevnetChainOptions, DevnetGenesis } from '../genesis/devnetGenesis.js';
import { makeDevnetGenesis } from '../genesis/devnetGenesis.js';

/** A private chain, as files for the programs that run it. */
export interface LiveChain {
  readonly genesis: DevnetGenesis;
  readonly options: DevnetChainOptions;
  /**
   * `l1-genesis.json`, `l2-genesis.json`, `l1-chain-config.json`, `dependency-set.json` (the chain alone), and
   * `rollup.json` once `complete` was called.
   */
  path(name: string): string;
  /** Writes the rollup config with the hashes of both genesis blocks. */
  complete(l1Hash: Hash, l2Hash: Hash): Promise<RollupConfig>;
}

/** Makes a new chain and writes its files into the folder. */
export async function makeLiveChain(
  folder: string,
  options: DevnetChainOptions,
): Promise<LiveChain> {
  const genesis = await makeDevnetGenesis(options);
  await mkdir(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  const write = (name: string, value: unknown): Promise<void> =>
    writeFile(path(name), `${JSON.stringify(value, null, 1)}\n`);
  await Promise.all([
    write('l1-genesis.json', genesis.l1Genesis),
    write('l2-genesis.json', genesis.l2Genesis),
    write('l1-chain-config.json', genesis.l1ChainConfig),
    write('dependency-set.json', { dependencies: { [options.l2ChainId]: {} } }),
  ]);
  return {
    genesis,
    options,
    path,
    complete: async (l1Hash, l2Hash) => {
      const { rollup } = genesis;
      const l1 = { ...rollup.genesis.l1, hash: l1Hash };
      const l2 = { ...rollup.genesis.l2, hash: l2Hash };
      const complete = { ...rollup, genesis: { ...rollup.genesis, l1, l2 } };
      await write('rollup.json', complete);
      return parseRollupConfig(JSON.stringify(complete));
    },
  };
}
