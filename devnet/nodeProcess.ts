import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../conformance/world.js';
import type { RunningProcess } from './childProcess.js';
import type { EngineNode } from './engineNode.js';
import type { ProcessGroup } from './processGroup.js';
import { projectRoot } from './projectRoot.js';
import { rpc } from './rpcClient.js';
import { waitFor } from './waitFor.js';

const START_MS = 60_000;

export interface NodeSetup {
  /** Unique in the group: names the log. */
  readonly name: string;
  /** Where `rollup.json`, `l1-chain-config.json` and, if it has one, `dependency-set.json` of its chain are. */
  readonly world: Pick<World, 'path'>;
  readonly geth: EngineNode;
  /** L1 address by HTTP or WebSocket, the beacon on the same port by HTTP; null gives an explicit `--l1=` and no beacon. */
  readonly l1: string | null;
  /** The beacon API where it is not on the L1's own port. */
  readonly beacon?: string;
  /** Further flags, after those that all nodes get. */
  readonly flags?: readonly string[];
  /** The node's command line without flags; the built node of this project unless given. */
  readonly command?: readonly string[];
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A running node and where it answers. */
export interface RunningNode {
  readonly process: RunningProcess;
  readonly url: string;
  readonly metricsUrl: string;
}

/** Command line of the node that `npm run build` makes and the package ships. */
export function builtNode(): readonly string[] {
  return [process.execPath, join(projectRoot(), 'dist', 'bin', 'slipstream.js')];
}

/** The flags every node of the harness starts with: loopback, free ports, no peer-to-peer, short polls. */
function nodeFlags({ world, geth, l1, beacon }: NodeSetup): readonly string[] {
  const dependencySet = world.path('dependency-set.json');
  return [
    ...(l1 === null
      ? ['--l1=']
      : [`--l1=${l1}`, `--l1.beacon=${beacon ?? l1.replace(/^ws/, 'http')}`]),
    ...['--l1.http-poll-interval=500ms', '--l1.epoch-poll-interval=2s'],
    ...[`--l2=${geth.engineUrl}`, `--l2.jwt-secret=${geth.jwtFile}`],
    `--rollup.config=${world.path('rollup.json')}`,
    `--rollup.l1-chain-config=${world.path('l1-chain-config.json')}`,
    ...(existsSync(dependencySet) ? [`--interop.dependency-set=${dependencySet}`] : []),
    ...['--rpc.addr=127.0.0.1', '--rpc.port=0', '--rpc.enable-admin'],
    ...['--metrics.enabled', '--metrics.addr=127.0.0.1', '--metrics.port=0'],
    '--p2p.disable',
  ];
}

/** Starts a node and waits until its RPC answers. @throws Error with the end of its log when it does not come up. */
export async function startNode(group: ProcessGroup, setup: NodeSetup): Promise<RunningNode> {
  const child = launchNode(group, setup);
  const wait = { timeoutMs: START_MS, failIf: () => child.failure() };
  const [url, metricsUrl] = await waitFor(() => addresses(child.output), {
    what: `${setup.name} says where it listens`,
    ...wait,
  });
  await waitFor(() => rpc<string>(url, 'optimism_version'), {
    what: `${setup.name} answers`,
    ...wait,
  });
  return { process: child, url, metricsUrl };
}

/** Starts a node without waiting for anything: for those that are expected to stop. */
export function launchNode(group: ProcessGroup, setup: NodeSetup): RunningProcess {
  const [command = '', ...first] = setup.command ?? builtNode();
  return group.start({
    name: setup.name,
    command,
    args: [...first, ...nodeFlags(setup), ...(setup.flags ?? [])],
    ...(setup.env === undefined ? {} : { env: { ...process.env, ...setup.env } }),
  });
}

/** RPC and metrics address from the log, in any of the log formats; undefined before everything has started. */
function addresses(log: string): [string, string] | undefined {
  const after = (message: string) =>
    new RegExp(`${message}[^\\n]*?addr"?[=:]\\s*"?(?:http://)?([\\d.]+:\\d+)`, 'i').exec(log)?.[1];
  const rpcAddress = after('Started JSON-RPC server');
  const metrics = after('started metrics server');
  const isStarted = /Rollup node started/.test(log);
  return rpcAddress && metrics && isStarted
    ? [`http://${rpcAddress}`, `http://${metrics}`]
    : undefined;
}
