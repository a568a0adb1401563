import type { Hex } from 'viem';
import type { RunningProcess } from '../childProcess.js';
import type { ProcessGroup } from '../processGroup.js';

/** Where the programs find the network. */
export interface ProgramUrls {
  readonly l1: string;
  /** JSON-RPC of the sequencer's execution client. */
  readonly l2: string;
  /** The sequencer's node. */
  readonly rollup: string;
}

/** What both programs start with. */
interface OfficialProgram {
  readonly binary: string;
  readonly urls: ProgramUrls;
  readonly privateKey: Hex;
  /** The programs take every `OP_*` variable that they do not know for a mistake. */
  readonly env: NodeJS.ProcessEnv;
}

export interface BatcherProgram extends OfficialProgram {
  /** Flags that name a DA server; without them batches go into blobs. */
  readonly daFlags: readonly string[];
}

export interface ProposerProgram extends OfficialProgram {
  readonly disputeGameFactory: string;
}

/** `op-batcher` as operators run it, with blobs or a DA server, span batches and brotli: not to be started before Fjord. */
export function startOfficialBatcher(
  group: ProcessGroup,
  { binary, urls, privateKey, env, daFlags }: BatcherProgram,
): RunningProcess {
  return group.start({
    name: 'op-batcher',
    command: binary,
    env,
    args: [
      ...['--l1-eth-rpc', urls.l1, '--l2-eth-rpc', urls.l2, '--rollup-rpc', urls.rollup],
      ...['--private-key', privateKey, '--batch-type', '1', ...daFlags],
      ...['--data-availability-type', daFlags.length === 0 ? 'blobs' : 'calldata'],
      ...['--poll-interval', '1s', '--max-channel-duration', '2', '--sub-safety-margin', '6'],
      ...['--compression-algo', 'brotli-10', '--num-confirmations', '1'],
      ...['--resubmission-timeout', '20s', '--txmgr.receipt-query-interval', '500ms'],
      ...['--rpc.addr', '127.0.0.1', '--rpc.port', '0', '--rpc.enable-admin'],
      ...['--throttle.unsafe-da-bytes-lower-threshold', '0'],
    ],
  });
}

/** `op-proposer` as operators run it, opening dispute games of type 0. */
export function startOfficialProposer(
  group: ProcessGroup,
  { binary, urls, privateKey, env, disputeGameFactory }: ProposerProgram,
): RunningProcess {
  return group.start({
    name: 'op-proposer',
    command: binary,
    env,
    args: [
      ...['--l1-eth-rpc', urls.l1, '--rollup-rpc', urls.rollup, '--private-key', privateKey],
      ...['--game-factory-address', disputeGameFactory, '--game-type', '0'],
      ...['--allow-non-finalized', '--proposal-interval', '12s', '--poll-interval', '2s'],
      ...['--num-confirmations', '1', '--txmgr.receipt-query-interval', '500ms'],
      ...['--rpc.addr', '127.0.0.1', '--rpc.port', '0'],
    ],
  });
}
