import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { NodeConfig } from '../../../config/nodeConfig.js';
import { logParts, logStart } from '../../../src/node/startLog.js';
import { filesOf, L1_CHAIN, ROLLUP } from '../../support/configFiles.js';
import { FakeLogger } from '../../support/fakeLogger.js';

function configOf(changes: object, flags: readonly string[]): NodeConfig {
  return load(
    [
      ...['--l1=http://127.0.0.1:8545', '--l1.beacon=http://127.0.0.1:5052', ...flags],
      ...['--l2=http://127.0.0.1:8551', '--l2.jwt-secret=jwt.txt'],
      ...['--rollup.config=rollup.json', '--rollup.l1-chain-config=l1.json'],
    ],
    {},
    filesOf({ 'rollup.json': { ...ROLLUP, ...changes }, 'l1.json': L1_CHAIN, 'jwt.txt': '' }),
  );
}

function rollupLine(changes: object): Record<string, unknown> {
  const config = configOf(changes, ['--p2p.disable']);
  const log = new FakeLogger();
  logStart(config, 'v0', log);
  return log.find('Rollup Config')[0]?.fields ?? {};
}

describe('the rollup config at start', () => {
  it('names what alternative data availability there is', () => {
    const altDa = {
      da_challenge_contract_address: `0x${'77'.repeat(20)}`,
      da_commitment_type: 'KeccakCommitment',
      da_challenge_window: 10,
      da_resolve_window: 5,
    };
    expect(rollupLine({ alt_da: altDa }).alt_da).toEqual({
      ...altDa,
      da_challenge_window: 10n,
      da_resolve_window: 5n,
    });
    expect(Object.keys(rollupLine({}))).not.toContain('alt_da');
  });

  it('is told as op-node tells it', () => {
    const line = rollupLine({ jovian_time: 1_795_383_013, karst_time: 1_798_900_000 });
    expect(line).toMatchObject({
      l2_chain_id: '901',
      l2_network: 'unknown L2',
      l1_chain_id: '900',
      l1_network: 'unknown L1',
      l2_start_time: 1_700_000_000n,
      regolith_time: '@ genesis',
      jovian_time: '@ 1795383013 ~ Sun Nov 22 21:30:13 UTC 2026',
      karst_time: '@ 1798900000 ~ Sat Jan  2 14:26:40 UTC 2027',
      lagoon_time: '(not configured)',
    });
    expect(Object.keys(line)).not.toContain('pectra_blob_schedule_time');
    expect(Object.keys(line)).not.toContain('interop_time');
  });

  it('has the blob schedule of Pectra where the chain has it', () => {
    const line = rollupLine({ pectra_blob_schedule_time: 1 });
    const keys = Object.keys(line);
    expect(keys[keys.indexOf('holocene_time') + 1]).toBe('pectra_blob_schedule_time');
    expect(line.pectra_blob_schedule_time).toBe('@ 1          ~ Thu Jan  1 00:00:01 UTC 1970');
  });
});

describe('the parts at start', () => {
  const told = (flags: readonly string[]): readonly string[] => {
    const log = new FakeLogger();
    logParts(configOf({}, flags), log);
    return log.lines.map(({ level, message }) => `${level} ${message}`);
  };

  it('are told where they run, and metrics where they do not', () => {
    const apis = ['--rpc.enable-admin', '--experimental.sequencer-api', '--metrics.enabled'];
    expect(
      told([
        '--p2p.priv.raw=1111111111111111111111111111111111111111111111111111111111111111',
        ...apis,
      ]),
    ).toEqual([
      'info P2P RPC enabled',
      'info Experimental OP stack API enabled',
      'info Admin RPC enabled',
      'info Starting execution engine driver',
      'info Starting driver',
    ]);
    expect(told(['--p2p.disable'])).toEqual([
      'info metrics disabled',
      'info Starting execution engine driver',
      'info Starting driver',
    ]);
  });

  it('warn of a sequencer in recover mode', () => {
    const flags = [
      '--p2p.disable',
      '--metrics.enabled',
      '--sequencer.enabled',
      '--sequencer.recover',
    ];
    expect(told(flags)).toEqual([
      'info Starting execution engine driver',
      'info Starting driver',
      'warn sequencer is in recover mode',
    ]);
  });
});
