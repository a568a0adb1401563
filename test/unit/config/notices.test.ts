import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { StartupNotice } from '../../../config/nodeConfig.js';
import type { Env } from '../../../config/readEnv.js';
import { BASE_ARGS, BASE_FILES, filesOf } from '../../support/configFiles.js';

function noticesOf(args: readonly string[], env: Env = {}): readonly StartupNotice[] {
  return load([...BASE_ARGS, ...args], env, filesOf(BASE_FILES)).notices;
}

describe('startupNotices', () => {
  it('tells flags without effect once, together', () => {
    expect(noticesOf(['--p2p.nat', '--pprof.port=1', '--rpc.enable-admin'])).toEqual([
      {
        level: 'warn',
        message: 'flags have no effect yet',
        fields: { flags: ['p2p.nat', 'pprof.port'] },
      },
    ]);
  });

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
        message: 'network goes before rollup.config, the file is not read',
        fields: { network: 'op-mainnet', rollupConfig: 'gone.json' },
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
