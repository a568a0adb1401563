import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Client } from 'undici';

const REQUEST = {
  path: '/',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'optimism_syncStatus', params: [] }),
} as const;
/** Between two requests, so that asking does not load the node. */
const ASK_EVERY_MS = 10;

/**
 * Asks a node for its sync status again and again, on one connection and in a thread of its own: what else the bench
 * does delays no answer, and next to nothing of what is measured is the asking.
 */
export class StatusAsker {
  private readonly worker: Worker;

  constructor(url: string) {
    this.worker = new Worker(new URL(import.meta.url), { workerData: url });
    // A bench that fails says why by itself; the asking just ends with it.
    this.worker.on('error', () => undefined);
    this.worker.unref();
  }

  /** Ends the asking. @returns how long each answer took, in milliseconds. */
  async stop(): Promise<readonly number[]> {
    this.worker.ref();
    this.worker.postMessage('stop');
    const [latenciesMs] = (await once(this.worker, 'message')) as [readonly number[]];
    await this.worker.terminate();
    return latenciesMs;
  }
}

async function askUntilStopped(url: string, port: NonNullable<typeof parentPort>): Promise<void> {
  const client = new Client(new URL(url).origin);
  const latenciesMs: number[] = [];
  let isStopped = false;
  port.once('message', () => {
    isStopped = true;
  });
  while (!isStopped) {
    const askedMs = performance.now();
    const { body } = await client.request(REQUEST);
    await body.text();
    latenciesMs.push(performance.now() - askedMs);
    await sleep(ASK_EVERY_MS);
  }
  await client.close();
  port.postMessage(latenciesMs);
}

if (!isMainThread && parentPort !== null) await askUntilStopped(workerData as string, parentPort);
