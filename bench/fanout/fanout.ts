import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { builtScript } from '../measure/builtScript.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { processCpuMs } from '../measure/processCpu.js';
import { residentMiB } from '../measure/residentMemory.js';
import { measureChain } from './fanoutChain.js';

const OPTIONS = {
  followers: { default: 1_000, about: 'WebSockets that follow one node; 0 leaves them out' },
  changes: { default: 100, about: 'changes of the status that each of them is told' },
  pollers: { default: 10_000, about: 'followers that poll each two seconds; 0 leaves them out' },
  seconds: { default: 10, about: 'how long they poll' },
  deep: { default: 5, about: 'followers in a chain, each of the one before; 0 leaves it out' },
  moves: { default: 40, about: 'moves of the safe head through the chain', max: 80 },
};

const CHANGE_EVERY_MS = 200;
const FIRST_NUMBER = 1_000_000;
const POLL_INTERVAL_SEC = 2;
/** Connections that the polls of all pollers go over. */
const POLLING_CONNECTIONS = 500;
const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'optimism_syncStatus', params: [] });
const KIB_PER_MIB = 1024;

/** What many followers of one node see and cost, by WebSocket and by polls, and how a move goes down a chain of nodes. */
export async function runFanoutBench(argv: readonly string[], figures: Figures): Promise<void> {
  const options = benchOptions('fanout', OPTIONS, argv);
  if (options.followers > 0)
    await withTarget((target) => measureFollowers(target, options, figures));
  if (options.pollers > 0) await withTarget((target) => measurePollers(target, options));
  if (options.deep > 0) await measureChain(options.deep, options.moves);
}

interface Target {
  readonly url: string;
  readonly child: ChildProcess;
  readonly pid: number;
}

async function withTarget(run: (target: Target) => Promise<void>): Promise<void> {
  const child = fork(builtScript('rigs', 'rpcTarget.js'));
  try {
    const [url] = (await once(child, 'message')) as [string];
    await run({ url, child, pid: child.pid ?? 0 });
  } finally {
    child.kill('SIGKILL');
  }
}

async function measureFollowers(
  { url, child, pid }: Target,
  { followers: count, changes }: { readonly followers: number; readonly changes: number },
  figures: Figures,
): Promise<void> {
  const beforeMiB = await residentMiB(pid);
  const followers = fork(builtScript('fanout', 'fanoutFollowers.js'), [url, String(count)]);
  try {
    await message(followers, (told) => told === 'ready');
    const openMiB = await residentMiB(pid);
    const beforeCpuMs = processCpuMs(pid);
    const lags: number[] = [];
    for (let change = 0; change < changes; change += 1) {
      const number = FIRST_NUMBER + change;
      const isOfIt = (told: unknown) => (told as Moment).number === number;
      const moments = Promise.all([message(child, isOfIt), message(followers, isOfIt)]);
      child.send(number);
      const [changed, arrived] = (await moments) as [Moment, Moment];
      lags.push(arrived.atMs - changed.atMs);
      await sleep(CHANGE_EVERY_MS);
    }
    const cpuMs = (processCpuMs(pid) - beforeCpuMs) / changes;
    const afterMiB = await residentMiB(pid);
    const each = (mib: number) => ((mib - beforeMiB) * KIB_PER_MIB) / count;
    const whose = `${count} WebSocket followers`;
    figures.add({
      ...{ what: `${whose}: a change reaches the last, p99`, unit: 'ms' },
      ...{ ours: percentile(lags, 0.99), goal: { most: 100 } },
    });
    figures.add({
      ...{ what: `${whose}: memory of each`, unit: 'KiB' },
      ...{ ours: each(Math.max(openMiB, afterMiB)), goal: { most: 64 } },
    });
    figures.add({ what: `${whose}: CPU a change`, unit: 'ms', ours: cpuMs });
    console.log(
      `${count} WebSockets: a change reaches the last of them in p50 ${ms(lags, 0.5)}, p99 ${ms(lags, 0.99)}, max ${ms(lags, 1)}; ${cpuMs.toFixed(1)} ms of CPU a change; memory per follower ${each(openMiB).toFixed(1)} KiB when they are open, ${each(afterMiB).toFixed(1)} KiB at the end`,
    );
  } finally {
    followers.kill('SIGKILL');
  }
}

/** When a process made a change, or had it. */
interface Moment {
  readonly number: number;
  readonly atMs: number;
}

/** The next message of a process that is meant; others are passed over. */
async function message(child: ChildProcess, isMeant: (told: unknown) => boolean): Promise<unknown> {
  for (;;) {
    const [told] = (await once(child, 'message')) as [unknown];
    if (isMeant(told)) return told;
  }
}

async function measurePollers(
  { url, pid }: Target,
  { pollers, seconds }: { readonly pollers: number; readonly seconds: number },
): Promise<void> {
  const beforeCpuMs = processCpuMs(pid);
  const { latency, requests } = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: STATUS,
    connections: POLLING_CONNECTIONS,
    duration: seconds,
    overallRate: pollers / POLL_INTERVAL_SEC,
  });
  const cpu = (processCpuMs(pid) - beforeCpuMs) / (seconds * 10);
  console.log(
    `${pollers} pollers: ${requests.average.toFixed(0)} polls a second, p50 ${latency.p50} ms, p99 ${latency.p99} ms; ${cpu.toFixed(0)} % of a core`,
  );
}

function ms(values: readonly number[], share: number): string {
  return `${percentile(values, share).toFixed(1)} ms`;
}
