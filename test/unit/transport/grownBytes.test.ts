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
});
