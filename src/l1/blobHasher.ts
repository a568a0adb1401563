import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { NodeError } from '../errors/nodeError.js';
import { bytesToHex } from '../rollup/bytes.js';
import { abortable } from '../runtime/abort.js';
import type { Hash } from '../types/block.js';

/** Bytes of a blob: 4096 field elements of 32 bytes (EIP-4844). */
export const BLOB_BYTES = 131_072;

/** Computes what an L1 transaction names a blob by. */
export interface BlobHasher {
  /**
   * The versioned hash of the blob's own KZG commitment: only the blob that a transaction means has the hash it names.
   * @returns null when the bytes are no blob (length, or a field element out of range).
   */
  versionedHash(blob: Uint8Array, signal: AbortSignal): Promise<Hash | null>;
}

/** Commitments computed at once at most: libuv has four threads. One core is left for the node itself. */
const MAX_PARALLEL = 4;

/**
 * The worker's program, run from this text: it needs no file of its own beside the sources. Setting up the trusted
 * setup takes over two seconds of computing and each commitment some 60 ms, none of which may hold up the node.
 */
const WORKER_PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const { DasContextJs } = require(workerData.library);
const context = DasContextJs.create({ usePrecomp: false });
const waiting = [];
let running = 0;
const work = () => {
  while (running < workerData.parallel && waiting.length > 0) {
    const { id, blob } = waiting.shift();
    running++;
    const done = (commitment) => {
      running--;
      parentPort.postMessage({ id, commitment });
      work();
    };
    context.asyncBlobToKzgCommitment(blob).then(done, () => done(null));
  }
};
parentPort.on('message', (task) => {
  waiting.push(task);
  work();
});
`;

interface Answer {
  readonly id: number;
  readonly commitment: Uint8Array | null;
}

interface Waiting {
  readonly resolve: (commitment: Uint8Array | null) => void;
  readonly reject: (error: NodeError) => void;
}

/**
 * KZG in a worker thread of its own, started at the first blob (or by `preload`): a node that sees no blobs pays
 * nothing. It does not keep the process alive. A worker that dies fails what it was asked for (L1_KZG_FAILED,
 * temporary); the next blob starts another.
 */
export class KzgBlobHasher implements BlobHasher {
  private worker: Worker | null = null;
  private nextId = 0;
  private readonly waiting = new Map<number, Waiting>();

  /** Starts the worker ahead of the first blob. */
  preload(): void {
    this.running();
  }

  async versionedHash(blob: Uint8Array, signal: AbortSignal): Promise<Hash | null> {
    if (blob.length !== BLOB_BYTES) return null;
    const commitment = await this.commit(blob, signal);
    return commitment === null ? null : versionedHashOf(commitment);
  }

  /** Ends the worker; calls under way fail. */
  async close(): Promise<void> {
    const worker = this.worker;
    this.worker = null;
    this.failAll('KZG worker was closed');
    await worker?.terminate();
  }

  private commit(blob: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
    const id = this.nextId++;
    return abortable<Uint8Array | null>(signal, ({ resolve, reject }) => {
      const worker = this.running();
      this.waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, blob });
      return () => this.settle(id);
    });
  }

  private running(): Worker {
    if (this.worker !== null) return this.worker;
    const library = createRequire(import.meta.url).resolve('@crate-crypto/node-eth-kzg');
    const parallel = Math.max(1, Math.min(availableParallelism() - 1, MAX_PARALLEL));
    const workerData = { library, parallel };
    const worker = new Worker(WORKER_PROGRAM, { eval: true, workerData });
    worker.unref();
    worker.on('message', ({ id, commitment }: Answer) => this.settle(id)?.resolve(commitment));
    worker.on('error', (error) => this.onDeath(worker, error));
    worker.on('exit', () => this.onDeath(worker));
    this.worker = worker;
    return worker;
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.worker?.unref();
    return waiting;
  }

  private onDeath(worker: Worker, cause?: unknown): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.failAll('KZG worker ended', cause);
  }

  private failAll(message: string, cause?: unknown): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of all) {
      reject(new NodeError('L1_KZG_FAILED', message, { severity: 'temporary', cause }));
    }
  }
}

/** Version byte 0x01, then the last 31 bytes of the commitment's sha256 (EIP-4844). */
export function versionedHashOf(commitment: Uint8Array): Hash {
  const digest = createHash('sha256').update(commitment).digest();
  digest[0] = 0x01;
  return bytesToHex(digest);
}
