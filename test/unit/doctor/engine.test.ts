import { describe, expect, it } from 'vitest';
import { engineCheck } from '../../../src/doctor/checks/engine.js';
import { OUR_METHODS } from '../../../src/engine/engineMethods.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import {
  HttpStatusError,
  transportFailed,
  transportTimeout,
} from '../../../src/transport/transportErrors.js';
import type { DoctorWorld } from '../../support/doctorContext.js';
import { doctorContext, wrongIn } from '../../support/doctorContext.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeExecutionNode } from '../../support/fakeExecutionNode.js';
import type { RpcHandler } from '../../support/fakeRpcClient.js';
import { recordedDoctor } from '../../support/recordedDoctor.js';

const GETH = { code: 'GE', name: 'Geth', version: 'v1.1', commit: '0x00' };
const fails = (error: Error): RpcHandler => {
  return () => {
    throw error;
  };
};
const all = (error: Error) => ({
  engine_exchangeCapabilities: fails(error),
  engine_getClientVersionV1: fails(error),
});

const handlers = () => ({
  ...new FakeExecutionNode('forks').rpc.handlers,
  engine_exchangeCapabilities: () => OUR_METHODS,
  engine_getClientVersionV1: () => [GETH],
  eth_syncing: () => false,
});

const engine = (answers: Readonly<Record<string, RpcHandler>>, world: DoctorWorld = {}) =>
  engineCheck.run(recordedDoctor({ engine: { ...handlers(), ...answers }, ...world }));

describe('the check of the execution engine', () => {
  it('finds nothing wrong with the one of our chain', async () => {
    const [finding, ...others] = await engine({});
    expect(finding?.level).toBe('ok');
    expect(finding?.text).toMatch(/^Geth v1\.1 at http:\/\/engine takes our secret; chain 901/);
    expect(others).toEqual([]);
  });

  it.each([
    ['signature is invalid', 'error engine-secret-refused'],
    ['stale token', 'error engine-token-time'],
    ['future token', 'error engine-token-time'],
    ['The iat (issued-at) claim is not within +/-60 seconds', 'error engine-token-time'],
    ['', 'error engine-secret-refused'],
  ])('tells a wrong secret from a wrong time: %s', async (page, expected) => {
    const findings = await engine(all(new HttpStatusError('http://e', 401, page)));
    expect(wrongIn(findings)).toEqual([expected]);
  });

  it.each([
    ['nothing there', transportFailed('http://e', new Error('x'))],
    ['no answer', transportTimeout('http://e', 4_000)],
    ['a bad gateway', new HttpStatusError('http://e', 502, '')],
  ])('tells of %s', async (_, error) => {
    expect(wrongIn(await engine(all(error)))).toEqual(['error engine-unreachable']);
  });

  it('knows the public RPC by its lack of an Engine API', async () => {
    const none = all(new RpcError('engine_x', -32601, 'no such method', null));
    expect(wrongIn(await engine(none))).toEqual(['error engine-api-missing']);
  });

  it.each([
    ['another chain id', { eth_chainId: () => '0x1' }],
    ['no genesis block', { eth_getBlockByNumber: () => null }],
  ])('tells of %s', async (_, answers) => {
    expect(wrongIn(await engine(answers))).toEqual(['error engine-wrong-chain']);
  });

  it.each([
    ['a chain id that is none', { eth_chainId: () => [] }, ['error engine-unreachable']],
    ['methods that are none', { engine_exchangeCapabilities: () => ({ a: 1 }) }, []],
    ['a version that is none', { engine_getClientVersionV1: () => [[], 3] }, []],
    [
      'a name with terminal commands',
      { engine_getClientVersionV1: () => [{ ...GETH, name: '\u001b[2J' }] },
      [],
    ],
  ])('stands %s', async (_, answers, expected) => {
    expect(wrongIn(await engine(answers))).toEqual(expected);
  });

  it('tells what the engine lacks of a fork, harder once it is active', async () => {
    const context = doctorContext({
      engine: { ...handlers(), engine_exchangeCapabilities: () => ['engine_forkchoiceUpdatedV1'] },
    });
    const findings = await engineCheck.run(context);
    expect(wrongIn(findings)).toContain('error engine-lacks-methods');
    // The recorded chain has its forks in what is the future then.
    const early = await engine(
      { engine_exchangeCapabilities: () => OUR_METHODS.filter((name) => !name.endsWith('V4')) },
      { clock: new FakeClock(0) },
    );
    expect(wrongIn(early)).toContain('warning engine-lacks-methods');
  });

  it('compares the kind only where the engine syncs by itself', async () => {
    expect(wrongIn(await engine({}, { flags: ['--l2.enginekind=reth'] }))).toEqual([]);
    const flags = ['--l2.enginekind=reth', '--syncmode=execution-layer'];
    expect(wrongIn(await engine({}, { flags }))).toEqual(['warning engine-kind-differs']);
  });

  it('warns of a sync that is under way', async () => {
    const eth_syncing = () => ({ currentBlock: '0x5', highestBlock: '0x64' });
    const findings = await engine({ eth_syncing });
    expect(wrongIn(findings)).toEqual(['warning engine-syncing']);
    expect(findings.at(-1)?.text).toContain('at block 5 of 100');
  });

  it('tells of the secret file, and no refusal beside it', async () => {
    const answers = all(new HttpStatusError('http://e', 401, 'missing token'));
    expect(wrongIn(await engine(answers, { secret: null }))).toEqual(['error jwt-missing']);
    const secret = new NodeError('CONFIG_INVALID', 'no hex', { severity: 'critical' });
    expect(wrongIn(await engine(answers, { secret }))).toEqual(['error jwt-unusable']);
  });
});
