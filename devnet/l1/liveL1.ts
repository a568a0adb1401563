import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningProcess } from '../childProcess.js';
import { opGethBinary } from '../opGeth.js';
import { initGeth, openedHttp } from '../opGethProcess.js';
import type { ProcessGroup } from '../processGroup.js';
import { rpc } from '../rpcClient.js';
import { waitFor } from '../waitFor.js';
import { BeaconFront } from './beaconFront.js';

const START_MS = 60_000;
const API = 'eth,net,web3,debug,txpool,miner,dev';
const SAFE_LAG_BLOCKS = 4;
const FINALIZED_LAG_BLOCKS = 8;

export interface LiveL1Setup {
  /** As `geth init` reads it. */
  readonly genesis: unknown;
  readonly chainId: number;
  /** Whole seconds. */
  readonly blockTimeSec: number;
  readonly say: (line: string) => void;
}

/** A real L1: execution client in development mode, and a front that adds the beacon side. */
export interface LiveL1 {
  readonly process: RunningProcess;
  /** JSON-RPC and beacon API of the front. */
  readonly url: string;
  /** JSON-RPC of the execution client itself. */
  readonly directUrl: string;
}

/** Starts an L1 that makes a block each so many seconds. It ends with the group. */
export async function startLiveL1(group: ProcessGroup, setup: LiveL1Setup): Promise<LiveL1> {
  const binary = await opGethBinary({ env: process.env, say: setup.say });
  const datadir = join(group.folder, 'l1');
  const genesisFile = join(group.folder, 'l1-genesis.json');
  await writeFile(genesisFile, JSON.stringify(setup.genesis));
  await initGeth(group, { name: 'l1', binary, datadir, genesisFile });
  const child = group.start({
    name: 'l1',
    command: binary,
    args: [
      ...['--dev', '--dev.period', String(setup.blockTimeSec), '--datadir', datadir],
      ...['--networkid', String(setup.chainId), '--port', '0', '--nodiscover', '--maxpeers', '0'],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', '0', '--http.api', API],
      ...['--authrpc.addr', '127.0.0.1', '--authrpc.port', '0', '--ipcdisable'],
      ...['--gcmode', 'archive', '--state.scheme=hash', '--cache', '64'],
    ],
  });
  const wait = { timeoutMs: START_MS, failIf: () => child.failure() };
  const directUrl = await waitFor(() => openedHttp(child.output, false), {
    what: 'the L1 opens its port',
    ...wait,
  });
  await waitFor(() => rpc<string>(directUrl, 'eth_chainId'), { what: 'the L1 answers', ...wait });
  const front = group.own(
    await BeaconFront.start({
      upstream: directUrl,
      safeLag: SAFE_LAG_BLOCKS,
      finalizedLag: FINALIZED_LAG_BLOCKS,
    }),
  );
  return { process: child, url: front.url, directUrl };
}
