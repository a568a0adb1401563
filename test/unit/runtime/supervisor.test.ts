import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { Actor } from '../../../src/runtime/actor.js';
import type { Component } from '../../../src/runtime/supervisor.js';
import { Supervisor } from '../../../src/runtime/supervisor.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;
const BACKOFF = { backoff: { initialMs: 10, maxMs: 10, factor: 1, jitter: 0 } };
const critical = new NodeError('UNEXPECTED', 'broken', { severity: 'critical' });

function setUp(stopTimeoutMs = 900) {
  const clock = new FakeClock();
  const log: string[] = [];
  const supervisor = new Supervisor(
    { stopTimeoutMs },
    {
      clock,
      onStarted: (name) => log.push(`${name} started`),
      onStopped: (name, ms) => log.push(`${name} stopped after ${ms}`),
    },
  );
  const add = (name: string, rest: Partial<Component> = {}) =>
    supervisor.add({
      name,
      start: async () => void log.push(`start ${name}`),
      stop: async () => void log.push(`stop ${name}`),
      ...rest,
    });
  const runDeps = {
    clock,
    random: () => 0,
    onTemporary: () => undefined,
    onReset: () => undefined,
  };
  return { clock, log, supervisor, add, runDeps };
}

describe('Supervisor', () => {
  it('starts in the order of adding and stops in the reverse order', async () => {
    const { supervisor, add, log, clock } = setUp();
    for (const name of ['store', 'engine', 'rpc']) add(name);
    await supervisor.start(never);
    expect(log).toEqual([
      'start store',
      'store started',
      'start engine',
      'engine started',
      'start rpc',
      'rpc started',
    ]);
    log.length = 0;
    await supervisor.stop();
    expect(log).toEqual([
      'stop rpc',
      'rpc stopped after 0',
      'stop engine',
      'engine stopped after 0',
      'stop store',
      'store stopped after 0',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops what had started when a start fails, and throws that failure', async () => {
    const { supervisor, add, log } = setUp();
    add('store');
    add('engine', { start: () => Promise.reject(critical) });
    add('rpc');
    expect(await rejection(supervisor.start(never))).toBe(critical);
    expect(log).toEqual(['start store', 'store started', 'stop store', 'store stopped after 0']);
  });

  it('throws the failure of the start also when the stop after it fails', async () => {
    const { supervisor, add } = setUp();
    add('store', { stop: () => Promise.reject(new Error('stuck')) });
    add('engine', { start: () => Promise.reject(critical) });
    expect(await rejection(supervisor.start(never))).toBe(critical);
  });

  it('goes on stopping after a failure and joins all errors', async () => {
    const { supervisor, add, log } = setUp();
    add('store');
    add('engine', { stop: () => Promise.reject(critical) });
    add('rpc', { stop: () => Promise.reject(new Error('port')) });
    await supervisor.start(never);
    const error = await rejection(supervisor.stop());
    expect(error).toMatchObject({
      code: 'RUNTIME_STOP_FAILED',
      cause: { errors: [{ message: 'port' }, critical] },
    });
    expect(log).toContain('stop store');
  });

  it('gives each part a share of one deadline and leaves behind who needs longer', async () => {
    const { supervisor, add, log, clock } = setUp(900);
    let lateSignal: AbortSignal | null = null;
    add('store');
    add('engine', {
      stop: (signal) => {
        lateSignal = signal;
        return new Promise(() => undefined);
      },
    });
    add('rpc', { stop: (signal) => clock.sleep(200, signal) });
    await supervisor.start(never);
    const stopped = rejection(supervisor.stop());
    await clock.advance(200);
    expect(log.at(-1)).toBe('rpc stopped after 200');
    await clock.advance(349);
    expect(log).not.toContain('stop store');
    await clock.advance(1);
    expect(lateSignal).toMatchObject({ aborted: true });
    expect(log).toContain('stop store');
    expect(await stopped).toMatchObject({
      cause: { errors: [{ code: 'RUNTIME_STOP_TIMEOUT', fields: { part: 'engine' } }] },
    });
  });

  it('stops once, however often it is told to', async () => {
    const { supervisor, add, log } = setUp();
    add('store');
    await supervisor.start(never);
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    await supervisor.stop();
    expect(log.filter((line) => line === 'stop store')).toHaveLength(1);
  });

  it('stops a part whose start was under way when the stop came', async () => {
    const { supervisor, add, log, clock } = setUp();
    add('store');
    add('engine', {
      start: async () => {
        await clock.sleep(50, never);
        log.push('engine came up late');
      },
    });
    add('rpc');
    const started = rejection(supervisor.start(never));
    await clock.flush();
    const stopped = supervisor.stop();
    await clock.advance(50);
    await stopped;
    expect(await started).toMatchObject({ code: 'ABORTED' });
    expect(log).not.toContain('start rpc');
    expect(log.indexOf('engine came up late')).toBeLessThan(log.indexOf('stop engine'));
    expect(log).toContain('stop store');
  });

  it('stops starting when the signal fires, and leaves no listener on it', async () => {
    const { supervisor, add, log } = setUp();
    add('store');
    expect(await rejection(supervisor.start(AbortSignal.abort()))).toMatchObject({
      code: 'ABORTED',
    });
    expect(log).toEqual([]);
    const counting = countingSignal();
    const other = setUp();
    other.add('store');
    await other.supervisor.start(counting.signal);
    expect([counting.added(), counting.listeners()]).toEqual([1, 0]);
  });
});

describe('Supervisor with actors', () => {
  const waiting = (clock: FakeClock): Actor => ({
    name: 'actor',
    step: (signal) => clock.sleep(1_000_000, signal),
  });

  it('runs the loop of an actor from start to stop', async () => {
    const { supervisor, clock, runDeps } = setUp();
    let steps = 0;
    const actor: Actor = {
      name: 'ticker',
      step: async (signal) => {
        steps += 1;
        await clock.sleep(10, signal);
      },
    };
    supervisor.addActor(actor, BACKOFF, runDeps);
    await clock.advance(50);
    expect(steps).toBe(0);
    await supervisor.start(never);
    await clock.advance(50);
    expect(steps).toBe(6);
    await supervisor.stop();
    await clock.advance(50);
    expect(steps).toBe(6);
  });

  it('tells of the first critical error of an actor and does not stop by itself', async () => {
    const { supervisor, add, log, runDeps } = setUp();
    add('store');
    const step = () => Promise.reject(critical);
    supervisor.addActor({ name: 'engine', step }, BACKOFF, runDeps);
    await supervisor.start(never);
    expect(await supervisor.failed).toBe(critical);
    expect(log).not.toContain('stop store');
    await supervisor.stop();
  });

  it('drains an actor before its loop is stopped', async () => {
    const { supervisor, clock, log, runDeps } = setUp();
    const actor: Actor = {
      name: 'engine',
      step: (signal) => clock.sleep(1_000_000, signal).finally(() => log.push('loop ended')),
    };
    const drain = async () => {
      await clock.sleep(100, never);
      log.push('drained');
    };
    supervisor.addActor(actor, BACKOFF, runDeps, { drain });
    await supervisor.start(never);
    const stopped = supervisor.stop();
    await clock.advance(100);
    await stopped;
    expect(log).toEqual(['engine started', 'drained', 'loop ended', 'engine stopped after 100']);
  });

  it('stops the loop also when the draining does not end or fails', async () => {
    for (const drain of [
      () => new Promise<void>(() => undefined),
      () => Promise.reject(new Error('no')),
    ]) {
      const { supervisor, clock, runDeps } = setUp(100);
      supervisor.addActor(waiting(clock), BACKOFF, runDeps, { drain });
      await supervisor.start(never);
      const failed = rejection(supervisor.stop());
      await clock.advance(100);
      expect(await failed).toMatchObject({ code: 'RUNTIME_STOP_FAILED' });
      await clock.flush();
      expect(clock.pendingTimers).toBe(0);
    }
  });
});
