import { describe, expect, it } from 'vitest';
import { readArgs } from '../../../config/readArgs.js';

function valuesOf(args: readonly string[]): Record<string, unknown> {
  const { settings, problems } = readArgs(args);
  expect(problems).toEqual([]);
  return Object.fromEntries(settings.map((setting) => [setting.name, setting.value]));
}

describe('readArgs', () => {
  it('takes --name value, --name=value, -name value and -name=value', () => {
    expect(valuesOf(['--network', 'a'])).toEqual({ network: 'a' });
    expect(valuesOf(['--network=a=b'])).toEqual({ network: 'a=b' });
    expect(valuesOf(['-network', 'a'])).toEqual({ network: 'a' });
    expect(valuesOf(['-network=a'])).toEqual({ network: 'a' });
  });

  it('takes a bool alone, and its value only after =', () => {
    expect(valuesOf(['--p2p.disable', '--log.pid=false', '--log.color=true'])).toEqual({
      'p2p.disable': true,
      'log.pid': false,
      'log.color': true,
    });
    expect(readArgs(['--p2p.disable', 'false']).problems).toEqual([
      '"false": expected a flag; a value follows its flag, or =',
    ]);
  });

  it('takes a value that looks like a flag, and an empty one', () => {
    expect(valuesOf(['--p2p.ban.threshold', '-50', '--network', '--l2'])).toEqual({
      'p2p.ban.threshold': -50,
      network: '--l2',
    });
    expect(valuesOf(['--l1=', '--l2', ''])).toEqual({ l1: '', l2: '' });
  });

  it('lets the last of several values hold, and adds lists up over aliases', () => {
    expect(valuesOf(['--network=a', '--network=b'])).toEqual({ network: 'b' });
    expect(valuesOf(['--l1.beacon-fallbacks=a,b', '--l1.beacon-archiver', 'c'])).toEqual({
      'l1.beacon-fallbacks': ['a', 'b', 'c'],
    });
  });

  it('notes a flag without its value', () => {
    expect(readArgs(['--network']).problems).toEqual([
      '--network: no value: expected one after it',
    ]);
  });

  it('goes on after an unknown flag and its value', () => {
    const { settings, problems } = readArgs(['--foo', 'bar', '--netwrk=x', '--l2=y', 'stray']);
    expect(settings.map((setting) => setting.name)).toEqual(['l2']);
    expect(problems).toEqual([
      '--foo: unknown flag: expected one of the known flags, see --help',
      '--netwrk: "x": unknown flag: expected one of the known flags, did you mean --network?',
      '"stray": expected a flag; a value follows its flag, or =',
    ]);
  });

  it.each(['-', '--', '---l1', '--=x', ''])('takes %j for no flag', (word) => {
    expect(readArgs([word]).problems).toHaveLength(1);
  });
});
