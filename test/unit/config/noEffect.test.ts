import { describe, expect, it } from 'vitest';
import { FLAGS, findFlag } from '../../../config/flags.js';
import { FLAGS_WITHOUT_EFFECT, flagsWithoutEffect } from '../../../config/noEffect.js';

/** Whole families without function, but for the flag that does what it says by doing nothing. */
const FAMILIES = /^altda\./;
const EXCEPTIONS = ['altda.enabled'];

describe('flags without effect', () => {
  it('are exactly these', () => {
    const families = FLAGS.map((row) => row.name).filter(
      (name) => FAMILIES.test(name) && !EXCEPTIONS.includes(name),
    );
    expect([...FLAGS_WITHOUT_EFFECT]).toEqual(families.sort());
    expect(FLAGS_WITHOUT_EFFECT).toHaveLength(6);
  });

  it('are flags', () => {
    expect(FLAGS_WITHOUT_EFFECT.filter((name) => findFlag(name) === null)).toEqual([]);
  });

  it('are told only where they are set', () => {
    const set = ['altda.put-timeout', 'rpc.port', 'altda.da-server'];
    expect(flagsWithoutEffect({ isSet: (name) => set.includes(name) })).toEqual([
      'altda.da-server',
      'altda.put-timeout',
    ]);
  });
});
