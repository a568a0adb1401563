import { setTimeout as sleep } from 'node:timers/promises';
import { metricKey, scrape } from '../../devnet/metricsText.js';
import type { RunningNode } from '../../devnet/nodeProcess.js';
import { processCpuMs } from '../measure/processCpu.js';
import { type MemoryParts, memoryParts } from './memoryParts.js';

/** What a node used while it was watched. */
export interface Used {
  readonly cpuMsPerSec: number;
  /** L2 blocks that were new meanwhile; null where none are made. */
  readonly blocks: number | null;
  readonly cpuMs: number;
  /** At the end. */
  readonly memory: MemoryParts;
  /** V8's heap of the main thread with all its pages, what is in use of it, and what lies outside of it; null where there is no V8. */
  readonly heap: HeapMiB | null;
}

interface HeapMiB {
  readonly total: number;
  readonly used: number;
  readonly external: number;
}

const MIB = 1024 ** 2;

/** Watches a node for so long. Its metrics are read last, so that reading them costs nothing that is counted. */
export async function watched(
  node: RunningNode,
  seconds: number,
  height: () => Promise<number | null> = async () => null,
): Promise<Used> {
  const pid = node.process.pid ?? 0;
  const from = await height();
  const [beforeMs, startedMs] = [processCpuMs(pid), performance.now()];
  await sleep(seconds * 1000);
  const cpuMs = processCpuMs(pid) - beforeMs;
  const cpuMsPerSec = (cpuMs * 1000) / (performance.now() - startedMs);
  const memory = memoryParts(pid);
  const to = await height();
  const blocks = from === null || to === null ? null : to - from;
  return { cpuMsPerSec, cpuMs, blocks, memory, heap: await heapOf(node.metricsUrl) };
}

async function heapOf(metricsUrl: string): Promise<HeapMiB | null> {
  const values = await scrape(metricsUrl);
  const of = (name: string): number => (values.get(metricKey(name)) ?? Number.NaN) / MIB;
  const total = of('nodejs_heap_size_total_bytes');
  if (Number.isNaN(total)) return null;
  const used = of('nodejs_heap_size_used_bytes');
  return { total, used, external: of('nodejs_external_memory_bytes') };
}
