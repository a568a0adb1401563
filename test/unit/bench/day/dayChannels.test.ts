import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { calldataAround, makeBody } from '../../../../bench/day/dayChannels.js';
import { decodeBlob } from '../../../../src/derive/codec/blob.js';
import { ByteReader } from '../../../../src/derive/codec/byteReader.js';
import { parseFrames } from '../../../../src/derive/codec/frame.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../../../src/derive/codec/spanBatch.js';
import { whole } from '../../../../src/rollup/slices.js';

it('makes channels whose blobs are the same wherever the batch stands', () => {
  const body = makeBody(1, 901n);
  const parentHash = `0x${'12'.repeat(32)}` as const;
  const origin = { number: 7_000, hash: `0x${'34'.repeat(32)}` as const };
  const { before, behind } = calldataAround(body, { relativeTime: 86_402, parentHash, origin });
  const blobs = body.blobs.map((blob) => decodeBlob(blob) ?? new Uint8Array(0));
  const frames = [before, ...blobs, behind].flatMap((data) => parseFrames(data) ?? []);
  expect(frames.map(({ number, isLast }) => [number, isLast])).toEqual([
    [0, false],
    [1, false],
    [2, true],
  ]);
  const content = inflateSync(Buffer.concat(frames.map(({ data }) => data)));
  const batch = new ByteReader(content).rlpString();
  const raw = whole(decodeRawSpanBatch(batch.subarray(1)));
  expect(raw).not.toBeNull();
  const span =
    raw &&
    whole(
      deriveSpanBatch(raw, {
        blockTime: 2n,
        l2ChainId: 901n,
        genesis: { l2Time: 0n },
        forks: {},
      } as never),
    );
  const perBlock = body.transactions.map((transactions) => transactions.length);
  expect(span).toMatchObject({ txCount: perBlock.reduce((sum, count) => sum + count, 0) });
});
