import { setTimeout as sleep } from 'node:timers/promises';
import { metricKey, scrape } from '../devnet/metricsText.js';
import type { RunningNode } from '../devnet/nodeProcess.js';
import { type MemoryParts, memoryParts } from './memoryParts.js';
import { processCpuMs } from './processCpu.js';

/** What a node used while it was watched. */
export interface Used {
  readonly cpuMsPerSec: number;
  /** CPU in all. */
  readonly cpuMs: number;
  /** At the end. */
  readonly memory: MemoryParts;
  /** V8's heap of the main thread with all its pages, and what it knows of outside of it, in MiB; null where there is no V8. */
  readonly heap: {
    readonly total: number;
    readonly used: number;
    readonly external: number;
  } | null;
}

const MIB = 1024 ** 2;

/** Watches a node for so long. Reading its metrics comes last, so that it costs nothing that is counted. */
export async function watched(node: RunningNode, seconds: number): Promise<Used> {
  const pid = node.process.pid ?? 0;
  const [beforeMs, startedMs] = [processCpuMs(pid), performance.now()];
  await sleep(seconds * 1000);
  const cpuMs = processCpuMs(pid) - beforeMs;
  const cpuMsPerSec = (cpuMs * 1000) / (performance.now() - startedMs);
  return { cpuMsPerSec, cpuMs, memory: memoryParts(pid), heap: await heapOf(node.metricsUrl) };
}

async function heapOf(metricsUrl: string): Promise<Used['heap']> {
  const values = await scrape(metricsUrl);
  const of = (name: string): number => (values.get(metricKey(name)) ?? Number.NaN) / MIB;
  const total = of('nodejs_heap_size_total_bytes');
  if (Number.isNaN(total)) return null;
  return {
    total,
    used: of('nodejs_heap_size_used_bytes'),
    external: of('nodejs_external_memory_bytes'),
  };
}
