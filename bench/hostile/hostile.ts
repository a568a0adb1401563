import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../devnet/setupError.js';
import { builtScript } from '../measure/builtScript.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';

/** Every kind of hostile caller of `hostileCaller.ts` and `hostileSockets.ts`. */
export const HOSTILE_KINDS = [
  'slowReaders',
  'slowWriters',
  'headerFloods',
  'pipelining',
  'halfOpen',
  'giantBatches',
  'deepNesting',
  'costlyTexts',
  'contentTypes',
  'manyConnections',
  'wsFragments',
  'wsHalfMessages',
  'wsPings',
  'wsEmptyMessages',
  'wsSlowReaders',
  'wsComeAndGo',
] as const;

export interface HostileFigures {
  /** Answers that a plain caller got, and how long it waited for them. */
  readonly answers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The most resident memory that the server had. */
  readonly peakMiB: number;
}

const OPTIONS = {
  seconds: { default: 10, about: 'length of each attack', min: 1 },
  kinds: { default: HOSTILE_KINDS.join(','), about: 'which attacks' },
};
const LOOK_EVERY_MS = 50;
/** The plain caller asks alone for this long before, so that a cold start is not measured. */
const WARM_UP_MS = 500;
const KIB_PER_MIB = 1024;

/**
 * What a plain caller of `optimism_syncStatus` sees, and how much memory the RPC server takes, while hostile callers of
 * one kind after the other do their worst. Server, plain caller and hostile callers are processes of their own.
 */
export async function runHostileBench(argv: readonly string[]): Promise<void> {
  const { seconds, kinds } = benchOptions('hostile', OPTIONS, argv);
  const unknown = kinds.split(',').find((kind) => !HOSTILE_KINDS.some((known) => known === kind));
  if (unknown !== undefined) throw new SetupError(`no kind of hostile callers: ${unknown}`);
  console.log('| hostile callers | answers | p50 ms | p99 ms | max ms | peak MiB |');
  console.log('|---|--:|--:|--:|--:|--:|');
  for (const kind of kinds.split(',')) {
    const { answers, p50Ms, p99Ms, maxMs, peakMiB } = await measureHostile(kind, seconds * 1000);
    const shown = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1));
    console.log(`| ${kind} | ${answers} | ${shown.join(' | ')} | ${peakMiB.toFixed(0)} |`);
  }
}

/** One kind against a fresh server; `HOSTILE_TARGET` names the `rpcTarget.js` of another build. */
export async function measureHostile(kind: string, ms: number): Promise<HostileFigures> {
  const script = process.env.HOSTILE_TARGET ?? builtScript('rigs', 'rpcTarget.js');
  const target = fork(script, { stdio: 'ignore' });
  const children = [target];
  try {
    const [url] = (await once(target, 'message')) as [string];
    const { hostname, port } = new URL(url);
    const call = (name: string): ChildProcess => {
      const child = fork(builtScript('hostile', 'hostileCaller.js'), [name, hostname, port], {
        stdio: 'ignore',
      });
      children.push(child);
      return child;
    };
    const warm = call('plain');
    await sleep(WARM_UP_MS);
    await latenciesOf(warm);
    const hostile = call(kind);
    if (kind === 'manyConnections') await once(hostile, 'message');
    const plain = call('plain');
    const peakMiB = await watchMemory(target.pid ?? 0, ms);
    const latencies = await latenciesOf(plain);
    return {
      answers: latencies.length,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: Math.max(...latencies),
      peakMiB,
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function latenciesOf(plain: ChildProcess): Promise<readonly number[]> {
  plain.send('stop');
  const [latenciesMs] = (await once(plain, 'message')) as [readonly number[]];
  return latenciesMs;
}

async function watchMemory(pid: number, ms: number): Promise<number> {
  const untilMs = performance.now() + ms;
  let peakKiB = 0;
  while (performance.now() < untilMs) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    peakKiB = Math.max(peakKiB, Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]));
    await sleep(LOOK_EVERY_MS);
  }
  return peakKiB / KIB_PER_MIB;
}
