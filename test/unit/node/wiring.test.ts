import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import { assembleNode } from '../../../src/node/assembleNode.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const world = join(import.meta.dirname, '../../../conformance/worlds/forks');
const FOLLOW = '--l2.follow.source=http://127.0.0.1:9545';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'wiring-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** What a node of these flags consists of: its parts in start order, and the names of its own metrics. */
async function wiring(...flags: readonly string[]) {
  const config = load(
    [
      '--l1=http://127.0.0.1:8545',
      '--l1.beacon=http://127.0.0.1:5052',
      '--l2=http://127.0.0.1:8551',
      `--l2.jwt-secret=${join(dir, 'jwt.txt')}`,
      `--rollup.config=${join(world, 'rollup.json')}`,
      `--rollup.l1-chain-config=${join(world, 'l1-chain-config.json')}`,
      '--p2p.disable',
      ...flags,
    ],
    {},
    (path) => readFileSync(path, 'utf8'),
  );
  const log = new FakeLogger();
  const { node, telemetry, close } = await assembleNode(config, {
    clock: new FakeClock(),
    random: () => 0.5,
    log,
    setLogLevel: () => undefined,
    version: { version: 'v0', meta: 'test' },
  });
  await close();
  return { parts: node.parts, metrics: telemetry.registry.registered.map(({ spec }) => spec.name) };
}

/** What is there before anything works. */
const BOUND = ['endpoints', 'rpc'];
const ENGINE = ['engine-probe', 'engine'];
/** What ends first. */
const INTAKE = 'rpc-intake';
const FOLLOW_METRIC = /follow_/;

describe('the parts of a node', () => {
  it('has the follow actors with a follow source, and nothing that derives', async () => {
    const { parts, metrics } = await wiring(FOLLOW);
    expect(parts).toEqual([...BOUND, 'l1-watcher', ...ENGINE, 'follow', 'follow-blocks', INTAKE]);
    expect(metrics).toContain('follow_source_requests_total');
    // As with op-node: at rest.
    expect(metrics).toContain('derivation_idle');
  });

  it('has nothing of follow without a follow source', async () => {
    const { parts, metrics } = await wiring();
    expect(parts).toEqual([
      ...BOUND,
      'l1-watcher',
      ...ENGINE,
      'l1-prefetch',
      'finalizer',
      'derivation',
      INTAKE,
    ]);
    expect(metrics).toContain('derived_batches_total');
    expect(metrics.filter((name) => FOLLOW_METRIC.test(name))).toEqual([]);
  });

  it('profiles from before everything else to behind it, where it is asked to', async () => {
    const served = await wiring('--pprof.enabled');
    expect(served.parts.slice(0, 3)).toEqual(['endpoints', 'pprof', 'rpc']);
    const written = await wiring('--pprof.type=cpu');
    expect(written.parts.slice(0, 4)).toEqual(['endpoints', 'pprof', 'pprof-file', 'rpc']);
  });

  it.each([
    ['derives', []],
    ['follows', [FOLLOW]],
  ] as const)('%s as a sequencer as it does as a verifier', async (_, flags) => {
    const verifier = await wiring(...flags);
    const sequencer = await wiring(...flags, '--sequencer.enabled');
    const others = sequencer.parts.filter((name) => !name.startsWith('sequencer'));
    expect(others).toEqual(verifier.parts);
    expect(sequencer.metrics).toEqual(verifier.metrics);
  });

  it('builds blocks as a sequencer alone, from a state known before and until after RPC', async () => {
    expect((await wiring()).parts).not.toContain('sequencer');
    const { parts } = await wiring('--sequencer.enabled');
    expect(parts.slice(-3)).toEqual(['sequencer-state', 'sequencer', INTAKE]);
  });

  it('verifies beside following when asked to, with nothing of it feeding the engine', async () => {
    const plain = await wiring(FOLLOW);
    const { parts, metrics } = await wiring(FOLLOW, '--l2.follow.verify');
    expect(parts.filter((name) => !plain.parts.includes(name))).toEqual(['follow-verify']);
    expect(plain.parts.filter((name) => !parts.includes(name))).toEqual([]);
    expect(parts).not.toContain('derivation');
    expect(parts).not.toContain('finalizer');
    const added = metrics.filter((name) => !plain.metrics.includes(name));
    expect(added).toEqual([
      'follow_verified_number',
      'follow_verify_l1_number',
      'follow_refuted_total',
      'follow_verify_replaced_total',
      'follow_verify_restarts_total',
    ]);
  });

  it('has no L1 parts without an L1', async () => {
    const { parts } = await wiring(FOLLOW, '--l1=', '--l1.beacon=');
    expect(parts).toEqual([...BOUND, ...ENGINE, 'follow', 'follow-blocks', INTAKE]);
  });

  it('asks who may sign blocks while it goes to meet peers', async () => {
    const { parts } = await wiring('--p2p.disable=false', `--p2p.priv.raw=${'01'.repeat(32)}`);
    const first = parts.indexOf('p2p-signer');
    expect(parts.slice(first, first + 3)).toEqual(['p2p-signer', 'p2p', 'p2p-thread']);
  });

  it('serves metrics only when asked to', async () => {
    const { parts } = await wiring(FOLLOW, '--metrics.enabled');
    expect(parts.slice(0, 4)).toEqual(['endpoints', 'metrics', 'rpc', 'status']);
  });
});
