import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { StartupNotice } from '../../../config/nodeConfig.js';
import type { Env } from '../../../config/readEnv.js';
import { BASE_ARGS, BASE_FILES, filesOf, L1_CHAIN, ROLLUP } from '../../support/configFiles.js';

function noticesOf(args: readonly string[], env: Env = {}): readonly StartupNotice[] {
  return load([...BASE_ARGS, ...args], env, filesOf(BASE_FILES)).notices;
}

describe('startupNotices', () => {
  it.each([
    'snapshotlog.file',
    'heartbeat.enabled',
    'heartbeat.moniker',
    'heartbeat.url',
    'beta.extra-networks',
    'l2.backup-unsafe-sync-rpc',
    'l2.backup-unsafe-sync-rpc.trustrpc',
    'p2p.score.bands',
  ])('tells that --%s has no function any more', (flag) => {
    expect(noticesOf([`--${flag}=true`])).toEqual([
      { level: 'warn', message: 'flag has no function any more', fields: { flag } },
    ]);
  });

  it.each(['goroutine', 'threadcreate', 'block', 'mutex', 'allocs'])(
    'tells that there is no profile of type %s',
    (type) => {
      expect(noticesOf([`--pprof.type=${type}`])).toEqual([
        {
          level: 'warn',
          message: 'this runtime has no such profile, none is written',
          fields: { flag: 'pprof.type', type },
        },
      ]);
    },
  );

  it('tells deprecated flags that still work', () => {
    expect(noticesOf(['--l2.skip-sync-start-check'])).toEqual([
      {
        level: 'warn',
        message: 'flag is deprecated',
        fields: { flag: 'l2.skip-sync-start-check' },
      },
    ]);
  });

  it('tells unknown variables with the prefix', () => {
    expect(noticesOf([], { OP_NODE_TYPO: '1', PATH: '/bin' })).toEqual([
      {
        level: 'warn',
        message: 'unknown environment variable',
        fields: { variable: 'OP_NODE_TYPO' },
      },
    ]);
  });

  it('tells that the network goes before the rollup config file', () => {
    const config = load(
      [...BASE_ARGS, '--network=op-mainnet', '--rollup.config=gone.json'],
      {},
      filesOf({}),
    );
    expect(config.rollup.l2ChainId).toBe(10n);
    expect(config.network).toBe('op');
    expect(config.dependencySet?.chainIds).toEqual([10n]);
    expect(config.notices).toEqual([
      {
        level: 'error',
        message:
          'Cannot configure network and rollup-config at the same time: the network is taken, the file is not read',
        fields: { network: 'op-mainnet', rollup_config: 'gone.json' },
      },
    ]);
  });

  it('tells an offset that the sync mode does not use', () => {
    const notice = {
      level: 'warn',
      message: 'syncmode.offset-el-safe has no effect outside of execution-layer mode',
      fields: {},
    };
    expect(noticesOf(['--syncmode.offset-el-safe=1h'])).toEqual([notice]);
    expect(noticesOf(['--syncmode.offset-el-safe=1h', '--syncmode=execution-layer'])).toEqual([]);
  });
});

describe('a rollup config that does not say whether the upgrade gas of Karst stays', () => {
  const told = (rollup: object, ...args: readonly string[]) =>
    load([...BASE_ARGS, ...args], {}, filesOf({ ...BASE_FILES, 'rollup.json': rollup }))
      .notices.filter(({ message }) => message.startsWith('keep_karst_upgrade_gas is not in'))
      .map(({ level, fields }) => `${level} ${fields.path} ${fields.registry}`);
  const late = { ...ROLLUP, karst_time: 2_000_000_000 };

  it('is told, with what the registry has of the chain', () => {
    expect(told(late)).toEqual(['warn rollup.json does not have the chain']);
    expect(told({ ...late, l2_chain_id: 10 })).toEqual(['warn rollup.json true']);
  });

  it.each([
    ['the file says it', { ...late, keep_karst_upgrade_gas: false }, []],
    ['the flag says it', late, ['--override.keep-karst-upgrade-gas=false']],
    ['the registry says false', { ...late, l2_chain_id: 34443 }, []],
    ['Karst is active from genesis on', { ...late, karst_time: 0 }, []],
    ['Karst is not scheduled', { ...late, karst_time: undefined }, []],
  ])('is not told where %s', (_, rollup, args) => {
    expect(told(rollup, ...args)).toEqual([]);
  });
});

describe('unknown keys in the files that flags name', () => {
  const noticesWith = (files: Readonly<Record<string, unknown>>, ...args: readonly string[]) =>
    load([...BASE_ARGS, ...args], {}, filesOf({ ...BASE_FILES, ...files })).notices;

  it('are told once a file, all of them, with the name that may have been meant', () => {
    const { jovian_time, ...rollup } = ROLLUP;
    const files = {
      'rollup.json': {
        ...rollup,
        jovian_tiem: jovian_time,
        surprise: 1,
        genesis: { ...ROLLUP.genesis, l2_tiem: 1 },
      },
      'l1.json': { ...L1_CHAIN, osakaTim: 5 },
      'set.json': { dependencies: { 901: {} }, overrideMessageExpiryWindows: 1 },
    };
    const message = 'unknown keys in a file are ignored';
    expect(noticesWith(files, '--interop.dependency-set=set.json')).toEqual([
      {
        level: 'warn',
        message,
        fields: {
          flag: 'rollup.config',
          path: 'rollup.json',
          keys:
            'jovian_tiem (did you mean jovian_time?), surprise, ' +
            'genesis.l2_tiem (did you mean genesis.l2_time?)',
        },
      },
      {
        level: 'warn',
        message,
        fields: {
          flag: 'rollup.l1-chain-config',
          path: 'l1.json',
          keys: 'osakaTim (did you mean osakaTime?)',
        },
      },
      {
        level: 'warn',
        message,
        fields: {
          flag: 'interop.dependency-set',
          path: 'set.json',
          keys: 'overrideMessageExpiryWindows (did you mean overrideMessageExpiryWindow?)',
        },
      },
    ]);
  });

  it('are none where every key is known, or retired', () => {
    const rollup = { ...ROLLUP, protocol_versions_address: `0x${'77'.repeat(20)}` };
    expect(noticesWith({ 'rollup.json': rollup })).toEqual([]);
  });
});
