import { describe, expect, it } from 'vitest';
import { HOSTILE_KINDS, measureHostile } from '../../bench/hostile/hostile.js';

/** SOAK_SECONDS sets the length of each attack. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 15);
const MAX_P99_MS = 50;
/** A server at rest takes some 110 MiB; callers may make it hold 64 MiB more, and the rest is what is not collected yet. */
const MAX_PEAK_MIB = 640;
/** Of a message in parts of a byte the library makes fifty times as much before it is refused, all of it garbage soon. */
const MAX_PEAK_OF_SOCKETS_MIB = 1_024;

/** Needs the machine for itself: two cores, one for the server, one for all others. */
describe(`hostile callers, ${SECONDS} s of each kind`, () => {
  it.each(HOSTILE_KINDS)(
    '%s: a plain caller sees no delay, and memory stays bounded',
    async (kind) => {
      const figures = await measureHostile(kind, SECONDS * 1_000);
      console.log(kind, JSON.stringify(figures));
      expect(figures.answers).toBeGreaterThan(SECONDS * 10);
      expect(figures.p99Ms).toBeLessThan(MAX_P99_MS);
      const isSocket = kind.startsWith('ws');
      expect(figures.peakMiB).toBeLessThan(isSocket ? MAX_PEAK_OF_SOCKETS_MIB : MAX_PEAK_MIB);
    },
  );
});
