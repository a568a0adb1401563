import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GrownBytes } from '../../../src/transport/grownBytes.js';

describe('GrownBytes', () => {
  it('has what came, whatever parts it came in, and leaves what was read of it before', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(parts, (all) => {
        const grown = new GrownBytes();
        const read = all.map((part) => {
          grown.add(part);
          return { seen: grown.bytes, copy: Buffer.from(grown.bytes) };
        });
        expect(grown.bytes).toEqual(Buffer.concat(all));
        expect(grown.size).toBe(Buffer.concat(all).length);
        for (const { seen, copy } of read) expect(seen).toEqual(copy);
      }),
      { seed: 3 },
    );
  });

  it('keeps no part, so that where it lay may be read into again', () => {
    const grown = new GrownBytes();
    const part = Buffer.from('one');
    grown.add(part);
    part.fill(0);
    expect(grown.bytes.toString()).toBe('one');
  });

  it('takes twice the size at most, of the smallest parts', () => {
    const grown = new GrownBytes();
    for (let i = 0; i < 100_000; i++) grown.add(Buffer.of(i & 0xff));
    expect(grown.bytes.buffer.byteLength).toBeLessThanOrEqual(200_000);
  });

  it('has room at once for what is announced, and takes no announcement for more than it is', () => {
    const grown = new GrownBytes();
    grown.expect(300_000);
    grown.add(Buffer.alloc(10, 1));
    const { buffer } = grown.bytes;
    grown.add(Buffer.alloc(299_990, 2));
    expect(grown.bytes.buffer).toBe(buffer);
    expect(buffer.byteLength).toBe(300_000);
    grown.add(Buffer.of(3));
    expect(grown.bytes.at(-1)).toBe(3);
    expect(grown.size).toBe(300_001);

    const boasting = new GrownBytes();
    boasting.expect(2 ** 40);
    boasting.add(Buffer.of(1));
    expect(boasting.bytes.buffer.byteLength).toBe(4 * 1024 * 1024);
  });
});
