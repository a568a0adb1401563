import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import type { SyncStatusJson } from '../conformance/recorded.js';
import { rpc } from '../devnet/rpcClient.js';
import { benchOptions } from './options.js';
import { percentile } from './percentile.js';
import { type Measured, printTable } from './rpcTable.js';

interface Target {
  readonly name: string;
  readonly url: string;
}

interface Load {
  readonly connections: number;
  readonly seconds: number;
}

/** A request that is measured, made for one target: blocks differ from node to node. */
interface Question {
  readonly method: string;
  readonly params: (target: Target) => Promise<readonly unknown[]>;
}

const OPTIONS = {
  connections: { default: 32, about: 'connections at a time', min: 1 },
  seconds: { default: 5, about: 'length of one round', min: 1 },
  rounds: { default: 3, about: 'rounds per target and method', min: 1 },
};
const WARM_UP_SEC = 2;

const QUESTIONS: readonly Question[] = [
  { method: 'optimism_syncStatus', params: async () => [] },
  { method: 'optimism_outputAtBlock', params: finalizedBlock },
  { method: 'optimism_rollupConfig', params: async () => [] },
];

/**
 * Requests a second and p99 latency of the RPC server, beside op-node (`OP_NODE_URL`) and beside Fastify with a kept
 * body. The load comes from this process, each server is a process of its own; the targets take turns, and the median
 * of the rounds counts. `SLIPSTREAM_URL` measures a running node instead of the one on recorded data.
 */
export async function runRpcBench(argv: readonly string[]): Promise<void> {
  const { rounds, ...load } = benchOptions('rpc', OPTIONS, argv);
  const children: ChildProcess[] = [];
  try {
    const targets = await startTargets(children);
    const results: Measured[] = [];
    for (const question of QUESTIONS) {
      results.push(...(await measure(question, targets, load, rounds)));
    }
    printTable(results, load);
  } finally {
    for (const child of children) child.disconnect();
  }
}

async function startTargets(children: ChildProcess[]): Promise<readonly Target[]> {
  const { SLIPSTREAM_URL, OP_NODE_URL } = process.env;
  const slipstream = SLIPSTREAM_URL ?? (await startChild(children, 'slipstream'));
  const status = JSON.stringify(await rpc(slipstream, 'optimism_syncStatus'));
  return [
    { name: 'slipstream', url: slipstream },
    ...(OP_NODE_URL === undefined ? [] : [{ name: 'op-node', url: OP_NODE_URL }]),
    { name: 'bare fastify', url: await startChild(children, 'bare', String(status.length)) },
  ];
}

async function startChild(children: ChildProcess[], ...args: string[]): Promise<string> {
  const child = fork(fileURLToPath(new URL('rpcTarget.js', import.meta.url)), args);
  children.push(child);
  const [url] = (await once(child, 'message')) as [string];
  return url;
}

async function measure(
  question: Question,
  targets: readonly Target[],
  load: Load,
  rounds: number,
): Promise<readonly Measured[]> {
  const { method } = question;
  const runs = new Map<Target, { perSec: number; p99Ms: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const params = target.name === 'bare fastify' ? [] : await question.params(target);
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      if (round === 0) await fire(target, body, { ...load, seconds: WARM_UP_SEC });
      runs.set(target, [...(runs.get(target) ?? []), await fire(target, body, load)]);
    }
  }
  return [...runs].map(([{ name }, results]) => ({
    target: name,
    method,
    perSec: percentile(
      results.map(({ perSec }) => perSec),
      0.5,
    ),
    p99Ms: percentile(
      results.map(({ p99Ms }) => p99Ms),
      0.5,
    ),
  }));
}

/** @throws Error when a request failed: its time would say nothing. */
async function fire(
  target: Target,
  body: string,
  { connections, seconds }: Load,
): Promise<{ perSec: number; p99Ms: number }> {
  const result = await autocannon({
    url: target.url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections,
    duration: seconds,
  });
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${target.name}: ${failed} of the requests failed`);
  return { perSec: result.requests.average, p99Ms: result.latency.p99 };
}

async function finalizedBlock({ url }: Target): Promise<readonly unknown[]> {
  const status = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
  return [`0x${status.finalized_l2.number.toString(16)}`];
}
