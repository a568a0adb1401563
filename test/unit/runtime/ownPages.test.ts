import { describe, expect, it } from 'vitest';
import { roomFor } from '../../../src/runtime/ownPages.js';

describe('roomFor', () => {
  it('is as large as asked, and much of it lies in pages of its own', () => {
    expect([0, 10, 70_000].map((bytes) => roomFor(bytes).length)).toEqual([0, 10, 70_000]);
    expect(roomFor(70_000).buffer.resizable).toBe(true);
    expect(roomFor(10).buffer.resizable).toBe(false);
  });

  it('is a buffer like others', () => {
    const room = roomFor(70_000);
    const text = '0123456789'.repeat(7_000);
    room.write(text, 'latin1');
    expect(room.toString('utf8')).toBe(text);
    expect(room.equals(Buffer.from(text))).toBe(true);
    expect(structuredClone(new Uint8Array(room)).length).toBe(70_000);
  });
});
