import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { callRpc } from './callRpc.js';

/** Between two requests, so that asking does not load the node. */
const ASK_EVERY_MS = 10;

/** Asks a node for its sync status again and again, in a thread of its own: what else the bench does delays no answer. */
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
  const latenciesMs: number[] = [];
  let isStopped = false;
  port.once('message', () => {
    isStopped = true;
  });
  while (!isStopped) {
    const askedMs = performance.now();
    await callRpc(url, 'optimism_syncStatus', []);
    latenciesMs.push(performance.now() - askedMs);
    await sleep(ASK_EVERY_MS);
  }
  port.postMessage(latenciesMs);
}

if (!isMainThread && parentPort !== null) await askUntilStopped(workerData as string, parentPort);
