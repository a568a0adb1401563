import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FlagRow } from '../../../config/flagRow.js';
import { CATEGORIES } from '../../../config/flagRow.js';
import { FLAGS, findFlag } from '../../../config/flags.js';
import { defaultText } from '../../../config/flagText.js';
import { hasKind, parseText } from '../../../config/parseValue.js';

/** One flag of op-node v1.19.0, as its own table declares it; `override.lagoon` and the default of `l2.enginekind` as v1.19.1 does. */
interface ReferenceFlag {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly env: readonly string[];
  readonly default: string;
  readonly category: string;
  readonly hidden: boolean;
  readonly type: string;
  readonly deprecated: boolean;
}

const REFERENCE = JSON.parse(
  readFileSync('test/fixtures/op-node-flags.json', 'utf8'),
) as readonly ReferenceFlag[];

/** The kinds of ours that take what the reference's type takes. */
const KINDS: Readonly<Record<string, readonly FlagRow['kind'][]>> = {
  StringFlag: ['string'],
  PathFlag: ['path'],
  BoolFlag: ['bool'],
  UintFlag: ['uint'],
  Uint64Flag: ['uint', 'uint64'],
  IntFlag: ['int'],
  Float64Flag: ['float'],
  DurationFlag: ['duration'],
  StringSliceFlag: ['list'],
  GenericFlag: ['enum', 'path'],
};

const OURS = [
  'config',
  'l2.follow.blocks',
  'l2.follow.max-lag',
  'l2.follow.poll-interval',
  'l2.follow.push',
  'l2.follow.quorum',
  'l2.follow.source.header',
  'l2.follow.verify',
  'rpc.ws',
];

/** What a flag is called besides, with us only: aliases and variables. */
const OUR_NAMES: Readonly<Record<string, Pick<ReferenceFlag, 'aliases' | 'env'>>> = {
  'override.lagoon': { aliases: ['override.interop'], env: ['OP_NODE_OVERRIDE_INTEROP'] },
};

/** Flags that op-node got after v1.19.0. */
const LATER = ['override.keep-karst-upgrade-gas'];

describe('the flag table', () => {
  it.each(REFERENCE.map((flag) => [flag.name, flag] as const))(
    'has --%s as op-node declares it',
    (name, flag) => {
      const row = findFlag(name);
      const ours = OUR_NAMES[name];
      expect(row).toMatchObject({ name, env: [...flag.env, ...(ours?.env ?? [])] });
      if (row === null) return;
      expect(row.aliases ?? []).toEqual([...flag.aliases, ...(ours?.aliases ?? [])]);
      expect(defaultText(row) ?? '').toBe(flag.default);
      expect(CATEGORIES[row.category]).toBe(flag.category);
      expect(row.hidden === true).toBe(flag.hidden);
      expect(row.deprecated === true).toBe(flag.deprecated);
      // The only type that differs on purpose: several sources to follow.
      const kinds = name === 'l2.follow.source' ? ['list'] : KINDS[flag.type];
      expect(kinds).toContain(row.kind);
    },
  );

  it('has nothing else but the additions', () => {
    const known = new Set(REFERENCE.map((flag) => flag.name));
    const added = FLAGS.filter((row) => !known.has(row.name)).map((row) => row.name);
    expect(added.sort()).toEqual([...OURS, ...LATER].sort());
    expect(
      FLAGS.filter((row) => row.isOurs === true)
        .map((row) => row.name)
        .sort(),
    ).toEqual(OURS);
  });

  it('has each name, alias and variable once', () => {
    const names = FLAGS.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
    expect(new Set(names).size).toBe(names.length);
    const variables = FLAGS.flatMap((row) => row.env);
    expect(new Set(variables).size).toBe(variables.length);
  });

  it('requires what op-node requires, and nothing optional', () => {
    const required = FLAGS.filter((row) => row.required === true).map((row) => row.name);
    expect(required).toEqual(['l1', 'l2', 'l2.jwt-secret']);
  });

  it('hides every deprecated flag', () => {
    const deprecated = FLAGS.filter((row) => row.deprecated === true);
    expect(deprecated).toHaveLength(8);
    expect(deprecated.filter((row) => row.hidden !== true)).toEqual([]);
  });

  it('marks beta flags in the variable, and no other', () => {
    for (const row of FLAGS) {
      const isBeta = row.name.startsWith('beta.');
      expect(row.env.every((name) => name.includes('BETA_') === isBeta)).toBe(true);
    }
  });

  it('has one variable for each flag, but for known exceptions', () => {
    const others = FLAGS.filter((row) => row.env.length !== 1).map((row) => row.name);
    expect(others.sort()).toEqual([
      'l1.beacon-fallbacks',
      'override.lagoon',
      'p2p.score.bands',
      'p2p.scoring.peers',
      'p2p.scoring.topics',
    ]);
  });

  it('names variables after flags, but for known exceptions', () => {
    const byRule = (name: string) => `OP_NODE_${name.toUpperCase().replaceAll(/[.-]/g, '_')}`;
    const others = FLAGS.filter((row) => row.env.length > 0 && row.env[0] !== byRule(row.name));
    expect(others.map((row) => row.name).sort()).toEqual([
      'l1',
      'l1.rpckind',
      'l1.trustrpc',
      'l2',
      'l2.backup-unsafe-sync-rpc.trustrpc',
      'l2.engine-sync',
      'l2.enginekind',
      'l2.jwt-secret',
      'p2p.ban.duration',
      'p2p.ban.peers',
      'p2p.ban.threshold',
      'p2p.gossip.mesh.floodpublish',
      'p2p.gossip.mesh.lo',
      'p2p.listen.tcp',
      'p2p.listen.udp',
      'p2p.scoring',
      'p2p.useragent',
      'snapshotlog.file',
    ]);
  });

  it('has defaults of the right kind, which their own text gives back', () => {
    for (const row of FLAGS) {
      expect(hasKind(row, row.default), row.name).toBe(true);
      const text = defaultText(row);
      if (text === null || row.kind === 'string' || row.kind === 'path') continue;
      expect(parseText(row, text), row.name).toEqual({ ok: true, value: row.default });
    }
  });
});

describe('findFlag', () => {
  it('finds a flag by its alias', () => {
    expect(findFlag('l1.beacon-archiver')?.name).toBe('l1.beacon-fallbacks');
  });

  it('knows nothing of other names', () => {
    expect(findFlag('l1.beacon-archive')).toBeNull();
    expect(findFlag('constructor')).toBeNull();
  });
});
