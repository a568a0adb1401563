import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RunningProcess } from './childProcess.js';
import type { ProcessGroup } from './processGroup.js';
import { rpc } from './rpcClient.js';
import { waitFor } from './waitFor.js';

const START_MS = 60_000;

export interface EngineSetup {
  /** Unique in the group: names the log and the data folder. */
  readonly name: string;
  /** A genesis as op-geth reads it, gzipped where its name ends so. */
  readonly genesisFile: string;
  readonly chainId: bigint;
  readonly say?: (line: string) => void;
  /** Fixed ports instead of free ones, for a restart on the same address. */
  readonly ports?: { readonly http: number; readonly auth: number };
  /** Further arguments of the program. */
  readonly args?: readonly string[];
}

/** A running execution client: an archive node on loopback. */
export interface EngineNode {
  readonly process: RunningProcess;
  /** Public JSON-RPC, HTTP. */
  readonly url: string;
  /** Engine API, HTTP; the same port speaks WebSocket. */
  readonly engineUrl: string;
  readonly jwtFile: string;
  readonly jwtSecret: string;
}

/** The files of an execution client; the first start under a name writes the genesis and the secret. */
export interface EngineFiles {
  readonly datadir: string;
  readonly genesis: string;
  readonly jwtFile: string;
  /** False where an earlier start has made its data. */
  readonly isNew: boolean;
}

export async function engineFiles(group: ProcessGroup, setup: EngineSetup): Promise<EngineFiles> {
  const { name, genesisFile } = setup;
  const at = (ending: string): string => join(group.folder, `${name}${ending}`);
  const files = { datadir: at(''), genesis: at('-genesis.json'), jwtFile: at('.jwt') };
  if (existsSync(files.datadir)) return { ...files, isNew: false };
  await writeFile(files.jwtFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const bytes = await readFile(genesisFile);
  await writeFile(files.genesis, genesisFile.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  return { ...files, isNew: true };
}

/**
 * The execution client once it answers.
 * @param endpoints public and engine address by what it has written, or undefined before both are open.
 * @throws Error with the end of its output when it does not come up.
 */
export async function engineUp(
  process: RunningProcess,
  { jwtFile }: EngineFiles,
  endpoints: (output: string) => readonly [string, string] | undefined,
): Promise<EngineNode> {
  const options = { timeoutMs: START_MS, failIf: () => process.failure() };
  const [url, engineUrl] = await waitFor(() => endpoints(process.output), {
    what: `${process.name} opens its ports`,
    ...options,
  });
  await waitFor(() => rpc<string>(url, 'eth_chainId'), {
    what: `${process.name} answers eth_chainId`,
    ...options,
  });
  const jwtSecret = (await readFile(jwtFile, 'utf8')).trim();
  return { process, url, engineUrl, jwtFile, jwtSecret };
}
