import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RunningProcess } from './childProcess.js';
import { opGethBinary } from './opGeth.js';
import type { ProcessGroup } from './processGroup.js';
import { rpc } from './rpcClient.js';
import { waitFor } from './waitFor.js';

const START_MS = 60_000;
const INIT_MS = 60_000;
const API = 'eth,net,web3,debug,txpool,admin,miner';

export interface OpGethSetup {
  /** Unique in the group: names the log and the data folder. */
  readonly name: string;
  /** A genesis as op-geth reads it, gzipped where its name ends so. */
  readonly genesisFile: string;
  readonly chainId: bigint;
  readonly say?: (line: string) => void;
  /** Fixed ports instead of free ones, for a restart on the same address. */
  readonly ports?: { readonly http: number; readonly auth: number };
}

/** A running op-geth: an archive node with hash state scheme, on loopback, without peers. */
export interface OpGethNode {
  readonly process: RunningProcess;
  /** Public JSON-RPC, HTTP. */
  readonly url: string;
  /** Engine API, HTTP; the same port speaks WebSocket. */
  readonly engineUrl: string;
  readonly jwtFile: string;
  readonly jwtSecret: string;
}

/**
 * Starts op-geth on a genesis, with an own data folder, and waits until both ports answer. A second start under the
 * same name goes on with the data of the first.
 * @throws SetupError when there is no binary, Error when it does not come up.
 */
export async function startOpGeth(group: ProcessGroup, setup: OpGethSetup): Promise<OpGethNode> {
  const binary = await opGethBinary({ env: process.env, say: setup.say ?? (() => undefined) });
  const datadir = join(group.folder, setup.name);
  const jwtFile = join(group.folder, `${setup.name}.jwt`);
  if (!existsSync(datadir)) {
    await writeFile(jwtFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    await initialize(group, binary, setup, datadir);
  }
  const child = group.start({
    name: setup.name,
    command: binary,
    args: [
      ...['--datadir', datadir, '--networkid', String(setup.chainId), '--port', '0'],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(setup.ports?.http ?? 0)],
      ...['--http.api', API, '--authrpc.addr', '127.0.0.1', '--authrpc.vhosts', '*'],
      ...['--authrpc.port', String(setup.ports?.auth ?? 0), '--authrpc.jwtsecret', jwtFile],
      ...['--nodiscover', '--maxpeers', '0', '--ipcdisable', '--rollup.disabletxpoolgossip'],
      ...['--syncmode', 'full', '--gcmode', 'archive', '--state.scheme=hash', '--cache', '64'],
    ],
  });
  const options = { timeoutMs: START_MS, failIf: () => child.failure() };
  const [url, engineUrl] = await waitFor(() => endpoints(child.output), {
    what: `${setup.name} opens its ports`,
    ...options,
  });
  await waitFor(() => rpc<string>(url, 'eth_chainId'), {
    what: `${setup.name} answers eth_chainId`,
    ...options,
  });
  const jwtSecret = (await readFile(jwtFile, 'utf8')).trim();
  return { process: child, url, engineUrl, jwtFile, jwtSecret };
}

async function initialize(
  group: ProcessGroup,
  binary: string,
  { name, genesisFile }: OpGethSetup,
  datadir: string,
): Promise<void> {
  const genesis = join(group.folder, `${name}-genesis.json`);
  const bytes = await readFile(genesisFile);
  await writeFile(genesis, genesisFile.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  const init = group.start({
    name: `${name}-init`,
    command: binary,
    args: ['init', '--state.scheme=hash', '--datadir', datadir, genesis],
  });
  const exit = await init.ended(INIT_MS);
  if (exit.code !== 0) throw init.failure() ?? new Error('op-geth init failed');
}

/** Both endpoints as op-geth logs them, or undefined before both are open. */
function endpoints(log: string): [string, string] | undefined {
  const lines = [...log.matchAll(/HTTP server started\s+endpoint=(\S+)\s+auth=(true|false)/g)];
  const open = lines.find((line) => line[2] === 'false')?.[1];
  const auth = lines.find((line) => line[2] === 'true')?.[1];
  return open && auth ? [`http://${open}`, `http://${auth}`] : undefined;
}
