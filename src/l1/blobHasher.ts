import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { NodeError } from '../errors/nodeError.js';
import { bytesToHex } from '../rollup/bytes.js';
import { abortable } from '../runtime/abort.js';
import type { Hash } from '../types/block.js';

/** Bytes of a blob: 4096 field elements of 32 bytes (EIP-4844). */
export const BLOB_BYTES = 131_072;

/** Computes what an L1 transaction names a blob by. */
export interface BlobHasher {
  /** Blobs will come soon: what takes long at the first one begins now, beside fetching it. */
  prepare(): void;
  /**
   * The versioned hash of the blob's own KZG commitment: only the blob that a transaction means has the hash it names.
   * @returns null when the bytes are no blob (length, or a field element out of range).
   */
  versionedHash(blob: Uint8Array, signal: AbortSignal): Promise<Hash | null>;
}

/** Commitments computed at once at most: libuv has four threads. One core is left for the node itself, where there are many. */
const MAX_PARALLEL = 4;
/** On two cores as well: while blobs are waited for, the execution client and the node have little to do. */
const MIN_PARALLEL = 2;

/**
 * The program of the process that computes, run from this text: it needs no file of its own beside the sources. It reads
 * the trusted setup first, over a second of native computing that nothing can interrupt but the end of the process; that
 * is why it is a process and no worker thread, which would hold up the end of the node. A signal from the terminal is for
 * the node, which ends it. V8 sees no reason to collect the blobs, which are outside of its heap, until there are a hundred:
 * it is told to after every eighth, which takes it a millisecond. What has lived through two of these, with 0.3 KB beside
 * the heap for each blob, would stay for days: after every 256th all of it is collected, in a few milliseconds.
 */
const PROGRAM = `
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());
const [, library, parallel] = process.argv;
const { DasContextJs } = require(library);
const context = DasContextJs.create({ usePrecomp: false });
const waiting = [];
let running = 0;
let computed = 0;
const work = () => {
  while (running < Number(parallel) && waiting.length > 0) {
    const { id, blob } = waiting.shift();
    running++;
    const done = (commitment) => {
      running--;
      if (++computed % 256 === 0) gc();
      else if (computed % 8 === 0) gc({ type: 'minor' });
      process.send({ id, commitment }, () => undefined);
      work();
    };
    context.asyncBlobToKzgCommitment(blob).then(done, () => done(null));
  }
};
process.on('message', (task) => {
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
 * KZG in a process of its own, started at the first blob: a node that sees no blobs pays nothing, and the end of the node
 * waits for no computing. It does not keep the node's process alive, and ends with it. One that dies fails what it was
 * asked for (L1_KZG_FAILED, temporary); the next blob starts another.
 */
export class KzgBlobHasher implements BlobHasher {
  private child: ChildProcess | null = null;
  private nextId = 0;
  private readonly waiting = new Map<number, Waiting>();

  prepare(): void {
    this.running();
    this.letGo();
  }

  async versionedHash(blob: Uint8Array, signal: AbortSignal): Promise<Hash | null> {
    if (blob.length !== BLOB_BYTES) return null;
    const commitment = await this.commit(blob, signal);
    return commitment === null ? null : versionedHashOf(commitment);
  }

  /** Ends the process, whatever it is doing; calls under way fail. */
  async close(): Promise<void> {
    const { child } = this;
    this.child = null;
    this.failAll('KZG process was closed');
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    // Waited for: without it there may be nothing left that keeps this process alive till then.
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }

  private commit(blob: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
    const id = this.nextId++;
    return abortable<Uint8Array | null>(signal, ({ resolve, reject }) => {
      const child = this.running();
      this.waiting.set(id, { resolve, reject });
      child.ref();
      child.channel?.ref();
      // A message that cannot be sent is one to a process that has died, which is seen on its own.
      child.send({ id, blob }, () => undefined);
      return () => this.settle(id);
    });
  }

  private running(): ChildProcess {
    if (this.child !== null) return this.child;
    const library = createRequire(import.meta.url).resolve('@crate-crypto/node-eth-kzg');
    const parallel = Math.max(MIN_PARALLEL, Math.min(availableParallelism() - 1, MAX_PARALLEL));
    const child = fork(library, [String(parallel)], {
      // In the place of a file to run: what would be one is the first argument.
      execArgv: ['--expose-gc', '--eval', PROGRAM],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message) => {
      const { id, commitment } = message as Answer;
      this.settle(id)?.resolve(commitment);
    });
    child.on('error', (error) => this.onDeath(child, error));
    child.on('exit', (code, signal) => this.onDeath(child, new Error(signal ?? `code ${code}`)));
    this.child = child;
    return child;
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    this.letGo();
    return waiting;
  }

  /** The node's process may end, unless an answer is waited for. */
  private letGo(): void {
    if (this.waiting.size > 0) return;
    this.child?.unref();
    this.child?.channel?.unref();
  }

  private onDeath(child: ChildProcess, cause: unknown): void {
    if (this.child !== child) return;
    this.child = null;
    this.failAll('KZG process ended', cause);
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
