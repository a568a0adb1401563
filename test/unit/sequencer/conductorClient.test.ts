import { beforeEach, describe, expect, it } from 'vitest';
import { ConductorClient, DisabledConductor } from '../../../src/sequencer/conductorClient.js';
import { RpcError } from '../../../src/transport/ports.js';
import { encodePayloadEnvelope } from '../../../src/types/payloadCodec.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { GENESIS_REF, makeBlock } from '../../support/l2Chain.js';

const { signal } = new AbortController();
const { envelope } = makeBlock(GENESIS_REF);

describe('the conductor', () => {
  let clock: FakeClock;
  let calls: { method: string; params: readonly unknown[]; atMs: number }[];
  let answers: (() => Promise<unknown>)[];
  let conductor: ConductorClient;

  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    answers = [];
    const request = (method: string, params: readonly unknown[]) => {
      calls.push({ method, params, atMs: clock.monotonicMs() });
      return (answers.shift() ?? (async () => true))();
    };
    conductor = new ConductorClient(
      { timeoutMs: 1_000 },
      { rpc: { request }, clock, log: new FakeLogger() },
    );
  });
  const refuse = async () => Promise.reject(new RpcError('m', -32000, 'not leader', undefined));

  it('is asked who leads', async () => {
    expect(await conductor.isLeader(signal)).toBe(true);
    answers.push(async () => false);
    expect(await conductor.isLeader(signal)).toBe(false);
    answers.push(async () => 'yes');
    await expect(conductor.isLeader(signal)).rejects.toMatchObject({
      code: 'SEQUENCER_CONDUCTOR_FAILED',
      severity: 'temporary',
    });
  });

  it('commits the block as it would be posted', async () => {
    await conductor.commitUnsafePayload(envelope, signal);
    expect(calls).toMatchObject([
      { method: 'conductor_commitUnsafePayload', params: [encodePayloadEnvelope(envelope)] },
    ]);
  });

  it('is tried twice, fifty milliseconds apart', async () => {
    answers.push(refuse);
    const leader = conductor.isLeader(signal);
    await clock.advance(50);
    expect(await leader).toBe(true);
    answers.push(refuse, refuse);
    const failed = conductor.commitUnsafePayload(envelope, signal);
    const seen = expect(failed).rejects.toMatchObject({
      message: 'conductor_commitUnsafePayload: not leader',
      code: 'SEQUENCER_CONDUCTOR_FAILED',
    });
    await clock.advance(50);
    await seen;
    expect(calls.map(({ atMs }) => atMs)).toEqual([0, 50, 50, 100]);
  });

  it('has a deadline for both tries together', async () => {
    answers.push(() => new Promise(() => undefined));
    const seen = expect(conductor.isLeader(signal)).rejects.toThrow('no answer within 1000 ms');
    await clock.advance(1_000);
    await seen;
  });

  it('is not asked any more once it is overridden', async () => {
    answers.push(async () => false);
    conductor.overrideLeader();
    expect(await conductor.isLeader(signal)).toBe(true);
    await conductor.commitUnsafePayload(envelope, signal);
    expect(calls).toEqual([]);
  });

  it('always lets a sequencer on its own lead', async () => {
    const alone = new DisabledConductor();
    expect(alone.isEnabled).toBe(false);
    expect(await alone.isLeader()).toBe(true);
  });
});
