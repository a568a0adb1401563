import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { compressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { decodeFrames, encodeFrames } from '../../../../src/p2p/codec/snappyFrames.js';
import { seededRandom } from '../../../support/seededRandom.js';

const START = Buffer.from('ff060000734e61507059', 'hex');
const LIMIT = 1_000_000;

/** A chunk with a head; its content is up to the test. */
function chunk(type: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(4);
  head.writeUInt8(type);
  head.writeUIntLE(body.length, 1, 3);
  return Buffer.concat([head, body]);
}
const stream = (...chunks: readonly Uint8Array[]) => Buffer.concat([START, ...chunks]);
/** Checksum of no bytes at all, masked. */
const NO_BYTES = Buffer.from('d8ea82a2', 'hex');
const random = seededRandom(1);
const noise = Buffer.from(Array.from({ length: 200_000 }, () => Math.floor(random() * 256)));

describe('a stream of frames', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.from('a')],
    ['exactly a chunk', Buffer.alloc(65_536, 1)],
    ['a byte more than a chunk', Buffer.alloc(65_537, 1)],
    ['data that does not shrink', noise],
    ['data that does', Buffer.alloc(LIMIT, 'ab')],
  ])('of %s is read as it was written', (_, data) => {
    expect(Buffer.compare(decodeFrames(encodeFrames(data), LIMIT), data)).toBe(0);
  });

  it('is the bytes that the format says', () => {
    // The checksum of `hello` is 0x9a71bb4c; what does not shrink is stored.
    expect(Buffer.from(encodeFrames(Buffer.from('hello'))).toString('hex')).toBe(
      'ff060000734e61507059' + '01090000' + 'bb1f1c19' + '68656c6c6f',
    );
  });

  it('may have padding, chunks to skip, and its start again', () => {
    const data = encodeFrames(Buffer.from('hello')).subarray(START.length);
    const all = stream(chunk(0xfe, Buffer.alloc(100)), START, chunk(0x80), data, chunk(0xfd, data));
    expect(Buffer.from(decodeFrames(all, LIMIT)).toString()).toBe('hello');
  });

  it.each([
    ['without its start', chunk(0xfe)],
    ['with a wrong start', chunk(0xff, Buffer.from('sNaPpX'))],
    ['with a start too short', chunk(0xff, Buffer.from('sNaP'))],
    ['cut in a head', stream(Buffer.from('0004', 'hex'))],
    ['cut in a chunk', encodeFrames(Buffer.from('hello')).subarray(0, -1)],
    ['with a chunk of an unknown type', stream(chunk(0x02, NO_BYTES))],
    ['with a chunk of another unknown type', stream(chunk(0x7f))],
    ['with a chunk without checksum', stream(chunk(0x01, Buffer.alloc(3)))],
    ['with a wrong checksum', stream(chunk(0x01, NO_BYTES, Buffer.from('a')))],
    [
      'with a wrong checksum of compressed data',
      stream(chunk(0x00, NO_BYTES, compressBlock(noise.subarray(0, 9)))),
    ],
    ['with compressed data that is none', stream(chunk(0x00, NO_BYTES, Buffer.alloc(9, 0xff)))],
    [
      'with a compressed chunk of more than 64 KiB',
      stream(chunk(0x00, NO_BYTES, compressBlock(Buffer.alloc(65_537)))),
    ],
    [
      'with a stored chunk of more than 64 KiB',
      stream(chunk(0x01, NO_BYTES, Buffer.alloc(65_537))),
    ],
    ['with a chunk to skip that is too long', stream(chunk(0xfe, Buffer.alloc(76_495)))],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeFrames(bytes, LIMIT)).toThrow(
      expect.objectContaining({ code: 'P2P_MALFORMED' }),
    );
  });

  it('is refused as soon as it is too long, before the rest is read', () => {
    const bomb = encodeFrames(Buffer.alloc(100 * 65_536));
    expect(() => decodeFrames(bomb, 3 * 65_536)).toThrow('stream is too long');
    const broken = Buffer.concat([encodeFrames(Buffer.alloc(65_536)), chunk(0x02)]);
    expect(() => decodeFrames(broken, 65_535)).toThrow('stream is too long');
  });
});
