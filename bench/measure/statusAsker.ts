import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const BODY = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'optimism_syncStatus', params: [] });
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
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latenciesMs: number[] = [];
  let isStopped = false;
  port.once('message', () => {
    isStopped = true;
  });
  while (!isStopped) {
    const askedMs = performance.now();
    await ask(url, agent);
    latenciesMs.push(performance.now() - askedMs);
    await sleep(ASK_EVERY_MS);
  }
  agent.destroy();
  port.postMessage(latenciesMs);
}

async function ask(url: string, agent: Agent): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const asked = request(url, { method: 'POST', agent, headers }).end(BODY);
  const [answer] = await once(asked, 'response');
  await buffer(answer);
}

if (!isMainThread && parentPort !== null) await askUntilStopped(workerData as string, parentPort);
