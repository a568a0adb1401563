import { describe, expect, it } from 'vitest';
import { FLAGS, findFlag } from '../../../config/flags.js';
import { FLAGS_WITHOUT_EFFECT, flagsWithoutEffect } from '../../../config/noEffect.js';

/** Whole families without function, but for the flags that do what they say by doing nothing. */
const FAMILIES = /^(?:altda|p2p|pprof|signer)\./;
const EXCEPTIONS = ['altda.enabled', 'p2p.disable', 'p2p.score.bands'];
const SINGLE = ['l1.runtime-config-reload-interval', 'syncmode.req-resp'];

describe('flags without effect', () => {
  it('are exactly these', () => {
    const families = FLAGS.map((row) => row.name).filter(
      (name) => FAMILIES.test(name) && !EXCEPTIONS.includes(name),
    );
    expect([...FLAGS_WITHOUT_EFFECT]).toEqual([...families, ...SINGLE].sort());
    expect(FLAGS_WITHOUT_EFFECT).toHaveLength(60);
  });

  it('are flags', () => {
    expect(FLAGS_WITHOUT_EFFECT.filter((name) => findFlag(name) === null)).toEqual([]);
  });

  it('are told only where they are set', () => {
    const set = ['syncmode.req-resp', 'rpc.port', 'p2p.nat'];
    expect(flagsWithoutEffect({ isSet: (name) => set.includes(name) })).toEqual([
      'p2p.nat',
      'syncmode.req-resp',
    ]);
  });
});
