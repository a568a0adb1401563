import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../../config/flags.js';
import { convictSchema, mergeSettings } from '../../../config/schema.js';

describe('convictSchema', () => {
  it('has a leaf for each flag, also where a name is the beginning of others', () => {
    const leaves: string[] = [];
    const walk = (node: object, path: readonly string[]) => {
      for (const [key, child] of Object.entries(node)) {
        if ('default' in child) leaves.push([...path, key].join('.'));
        else walk(child, [...path, key]);
      }
    };
    walk(convictSchema(), []);
    expect(leaves).toHaveLength(FLAGS.length);
    expect(leaves).toContain('l2.follow.source.value');
    expect(leaves).toContain('l2.follow.source.rpc-timeout');
    expect(leaves).toContain('metrics.enabled');
    expect(leaves.filter((path) => path.endsWith('.value')).sort()).toEqual([
      'l1.beacon.value',
      'l1.value',
      'l2.backup-unsafe-sync-rpc.value',
      'l2.follow.source.value',
      'l2.value',
      'p2p.scoring.value',
      'syncmode.value',
    ]);
  });
});

describe('mergeSettings', () => {
  it('gives the default of each flag, unset', () => {
    const settings = mergeSettings([]);
    for (const row of FLAGS) {
      expect(settings.get(row.name), row.name).toEqual(row.default);
      expect(settings.isSet(row.name)).toBe(false);
    }
  });

  it('goes by source, whatever the order given', () => {
    const settings = mergeSettings([
      { name: 'rpc.port', value: 1, source: 'flag' },
      { name: 'rpc.port', value: 2, source: 'env' },
      { name: 'rpc.port', value: 3, source: 'file' },
      { name: 'network', value: 'b', source: 'env' },
      { name: 'network', value: 'a', source: 'file' },
      { name: 'p2p.disable', value: false, source: 'file' },
    ]);
    expect(settings.get('rpc.port')).toBe(1);
    expect(settings.get('network')).toBe('b');
    expect(settings.isSet('p2p.disable')).toBe(true);
  });

  it('refuses a value of another kind than its flag has', () => {
    expect(() => mergeSettings([{ name: 'rpc.port', value: 'x', source: 'flag' }])).toThrow(
      /rpc\.port: expected a whole number/,
    );
  });
});
