import type { Hash } from '../../src/types/block.js';
import type { RunningProcess } from '../childProcess.js';
import { startOpGeth } from '../opGethProcess.js';
import type { ProcessGroup } from '../processGroup.js';
import { rpc } from '../rpcClient.js';
import { BeaconChain } from './beaconChain.js';
import { BeaconServer } from './beaconServer.js';

export interface LiveL1Setup {
  /** As `geth init` reads it. */
  readonly genesisFile: string;
  readonly chainId: number;
  /** Whole seconds. */
  readonly blockTimeSec: number;
  readonly say: (line: string) => void;
}

/** A real L1: an execution client, and the consensus side that drives it and keeps its blobs. */
export interface LiveL1 {
  readonly process: RunningProcess;
  /** JSON-RPC of the execution client. */
  readonly url: string;
  readonly beaconUrl: string;
  readonly chain: BeaconChain;
}

/** Starts an L1 that makes a block each so many seconds. It ends with the group. */
export async function startLiveL1(group: ProcessGroup, setup: LiveL1Setup): Promise<LiveL1> {
  const { genesisFile, chainId, blockTimeSec, say } = setup;
  const geth = await startOpGeth(group, {
    ...{ name: 'l1', genesisFile, say },
    chainId: BigInt(chainId),
  });
  const { hash, timestamp } = await rpc<{ readonly hash: Hash; readonly timestamp: string }>(
    geth.url,
    'eth_getBlockByNumber',
    ['0x0', false],
  );
  const genesis = { hash, timestamp: Number(timestamp) };
  const chain = group.own(new BeaconChain({ genesis, blockTimeSec, say }, geth));
  const beacon = group.own(await BeaconServer.start(chain));
  chain.start();
  return { process: geth.process, url: geth.url, beaconUrl: beacon.url, chain };
}
