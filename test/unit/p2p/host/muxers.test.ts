import '../../../../src/p2p/host/withResolvers.js';
import { Buffer } from 'node:buffer';
import type { MessageStream, MultiaddrConnection } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { MUXERS } from '../../../../src/p2p/host/muxers.js';

const MEBI = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const DATA = 0;
const SYN = 1;

/** An encrypted connection to somebody who dialled us. */
class FakeConnection extends EventTarget {
  readonly direction = 'inbound';
  aborted: Error | null = null;
  readonly log = Object.assign(() => undefined, {
    trace: () => undefined,
    error: () => undefined,
    newScope: () => this.log,
  }) as unknown as MessageStream['log'];

  send(): boolean {
    return true;
  }

  abort(error: Error): void {
    this.aborted ??= error;
  }

  receive(data: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

/** The header of a frame of data that opens stream 1. */
function header(length: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(DATA, 1);
  bytes.writeUInt16BE(SYN, 2);
  bytes.writeUInt32BE(1, 4);
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

/** Sends a frame that claims so many bytes until the connection is ended. @returns how many of them were taken. */
function send(claimed: number): { readonly taken: number; readonly aborted: Error | null } {
  const connection = new FakeConnection();
  const factory = MUXERS.yamux()();
  const muxer = factory.createStreamMuxer(connection as unknown as MultiaddrConnection);
  muxer.addEventListener('stream', () => undefined);
  connection.receive(header(claimed));
  let taken = 0;
  for (; taken < claimed && connection.aborted === null; taken += CHUNK_BYTES) {
    connection.receive(new Uint8Array(CHUNK_BYTES));
  }
  muxer.abort(new Error('the test is over'));
  return { taken, aborted: connection.aborted };
}

describe('yamux with limits', () => {
  it('ends a connection on a frame larger than any window before all of it has come', () => {
    const { taken, aborted } = send(4 * 1024 * MEBI - 1);

    expect(aborted?.message).toBe('a frame is larger than any window');
    expect(taken).toBeLessThanOrEqual(MEBI + 2 * CHUNK_BYTES);
  });

  it('takes a frame of a whole window', () => {
    expect(send(256 * 1024)).toEqual({ taken: 256 * 1024, aborted: null });
  });
});
