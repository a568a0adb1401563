import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { L1HeadTracker } from '../../../src/l1/l1HeadTracker.js';
import type { L1WatcherOptions } from '../../../src/l1/l1WatcherActor.js';
import { L1WatcherActor } from '../../../src/l1/l1WatcherActor.js';
import { headerRef, parseRpcHeader } from '../../../src/rollup/blockHeader.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { BlockLabel, L1BlockRef } from '../../../src/types/block.js';
import type { L1Heads } from '../../../src/types/l1Heads.js';
import { UNKNOWN_L1_HEADS } from '../../../src/types/l1Heads.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import type { RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldL1 } from '../../support/recordedWorld.js';

const chain = readWorldL1('forks');
const ref = (number: number): L1BlockRef =>
  headerRef(parseRpcHeader((chain[number] as RecordedL1Block).block));
const OPTIONS: L1WatcherOptions = {
  headPollIntervalMs: 12_000,
  epochPollIntervalMs: 384_000,
};
const broken = (): RpcError => new RpcError('eth_getBlockByNumber', -32000, 'broken', undefined);

let clock: FakeClock;
let log: FakeLogger;
let heads: WatchCell<L1Heads>;
let labels: Record<BlockLabel, L1BlockRef | null | Error | Promise<L1BlockRef>>;
let asked: BlockLabel[];
let rpc: FakeRpcClient;
let stop: AbortController;
let running: Promise<void>;

async function start(
  options: Partial<L1WatcherOptions> = {},
  { canSubscribe = false } = {},
): Promise<void> {
  rpc = new FakeRpcClient(rpc?.handlers ?? {}, { canSubscribe });
  const tracker = new L1HeadTracker({
    heads,
    log,
    recordL1Ref: () => undefined,
    recordReorgDepth: () => undefined,
  });
  const actor = new L1WatcherActor(
    { ...OPTIONS, ...options },
    {
      l1: {
        l1BlockRefByLabel: async (label) => {
          asked.push(label);
          const answer = await labels[label];
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      subscribe: rpc.subscribe,
      tracker,
      clock,
      random: () => 0,
      log,
    },
  );
  stop = new AbortController();
  const { signal } = stop;
  running = (async () => {
    while (!signal.aborted) await actor.step(signal).catch(() => undefined);
  })();
  await clock.flush();
}

const count = (label: BlockLabel): number => asked.filter((other) => other === label).length;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLogger();
  heads = new WatchCell(UNKNOWN_L1_HEADS);
  labels = { latest: ref(20), safe: ref(15), finalized: ref(10) };
  asked = [];
  rpc = new FakeRpcClient({});
});

afterEach(async () => {
  stop.abort();
  await running;
  expect(clock.pendingTimers).toBe(0);
});

describe('polling', () => {
  it('asks for all labels at once', async () => {
    await start();
    expect(heads.get()).toEqual({ head: ref(20), safe: ref(15), finalized: ref(10) });
  });

  it('asks for each again at its own interval', async () => {
    await start();
    await clock.advance(12_000 * 3);
    expect([count('latest'), count('safe'), count('finalized')]).toEqual([4, 1, 1]);
    await clock.advance(600_000 - 36_000);
    expect([count('safe'), count('finalized')]).toEqual([2, 2]);
  });

  it('publishes changes only', async () => {
    await start();
    const first = heads.get();
    await clock.advance(24_000);
    expect(heads.get()).toBe(first);
    labels.latest = ref(21);
    await clock.advance(12_000);
    expect(heads.get()).toEqual({ ...first, head: ref(21) });
  });

  it('tries what failed again soon, warns, and goes on', async () => {
    labels.latest = broken();
    labels.finalized = null;
    await start();
    expect(heads.get()).toEqual({ ...UNKNOWN_L1_HEADS, safe: ref(15) });
    expect(log.find('failed to poll L1 block')[0]?.fields).toMatchObject({ label: 'latest' });
    await clock.advance(1_000);
    expect([count('latest'), count('finalized')]).toEqual([2, 2]);
    await clock.advance(2_000);
    expect([count('latest'), count('finalized')]).toEqual([3, 3]);
    labels.latest = ref(22);
    labels.finalized = ref(11);
    await clock.advance(4_000);
    expect(heads.get()).toEqual({ head: ref(22), safe: ref(15), finalized: ref(11) });
    asked = [];
    await clock.advance(12_000);
    expect([count('latest'), count('finalized')]).toEqual([1, 0]);
  });

  it('never backs off beyond the interval', async () => {
    labels.latest = broken();
    await start({ headPollIntervalMs: 500 });
    asked = [];
    await clock.advance(10_000);
    expect(count('latest')).toBe(20);
  });

  it('does not hold up the head while another label hangs', async () => {
    const hang = new Promise<never>(() => undefined);
    labels.safe = Object.assign(new Error('unused'), {});
    await start();
    stop.abort();
    await running;
    const actor = new L1WatcherActor(OPTIONS, {
      l1: {
        l1BlockRefByLabel: (label) => {
          asked.push(label);
          return label === 'latest' ? Promise.resolve(ref(20)) : hang;
        },
      },
      subscribe: null,
      tracker: { onHead: () => undefined, onSafe: () => undefined, onFinalized: () => undefined },
      clock,
      random: () => 0,
      log,
    });
    asked = [];
    stop = new AbortController();
    const { signal } = stop;
    running = (async () => {
      while (!signal.aborted) await actor.step(signal).catch(() => undefined);
    })();
    await clock.advance(36_000);
    expect([count('latest'), count('safe')]).toEqual([4, 1]);
  });

  it('leaves safe and finalized alone with an interval of 0, and says so', async () => {
    await start({ epochPollIntervalMs: 0 });
    await clock.advance(1_000_000);
    expect([count('safe'), count('finalized')]).toEqual([0, 0]);
    expect(log.messages('warn')).toContain('polling of block is disabled');
  });
});

describe('subscription', () => {
  const push = (number: number): void =>
    rpc.subscriptions
      .at(-1)
      ?.push({ ...(chain[number] as RecordedL1Block).block, transactions: undefined });

  it('takes heads as they are announced and polls only once a minute', async () => {
    await start({}, { canSubscribe: true });
    expect(rpc.subscriptions[0]?.params).toEqual(['newHeads']);
    asked = [];
    push(21);
    expect(heads.get().head).toEqual(ref(21));
    await clock.advance(59_000);
    expect(count('latest')).toBe(0);
    await clock.advance(1_000);
    expect(count('latest')).toBe(1);
  });

  it.each([
    ['does not hash to its hash', { ...chain[21]?.block, timestamp: '0x1' }],
    ['is no header', null],
  ])('asks for the head when an announced one %s', async (_, header) => {
    await start({}, { canSubscribe: true });
    labels.latest = ref(30);
    rpc.subscriptions[0]?.push(header);
    await clock.flush();
    expect(heads.get().head).toEqual(ref(30));
  });

  it('subscribes again when the connection breaks, and asks for what it missed', async () => {
    await start({}, { canSubscribe: true });
    labels.latest = ref(25);
    rpc.subscriptions[0]?.lose(broken());
    await clock.advance(1_000);
    expect(rpc.subscriptions).toHaveLength(2);
    expect(heads.get().head).toEqual(ref(25));
    push(26);
    expect(heads.get().head).toEqual(ref(26));
    expect(log.messages('warn')).toContain('resubscribing after failed L1 subscription');
  });

  it('polls at the interval while it cannot subscribe', async () => {
    rpc.handlers.eth_subscribe = () => broken();
    await start({}, { canSubscribe: true });
    asked = [];
    await clock.advance(24_000);
    expect(count('latest')).toBe(2);
    delete rpc.handlers.eth_subscribe;
    await clock.advance(10_000);
    expect(rpc.subscriptions).toHaveLength(1);
  });

  /** A head that is being asked for, and what ends that. */
  function pendingHead() {
    let answer: (ref: L1BlockRef) => void = () => undefined;
    labels.latest = new Promise<L1BlockRef>((resolve) => {
      answer = resolve;
    });
    return (ref: L1BlockRef): void => answer(ref);
  }

  it('keeps a head that was announced while an older one was asked for', async () => {
    await start({}, { canSubscribe: true });
    const answer = pendingHead();
    await clock.advance(60_000);
    push(22);
    answer(ref(20));
    await clock.flush();
    expect(heads.get().head).toEqual(ref(22));
    labels.latest = ref(24);
    await clock.advance(60_000);
    expect(heads.get().head).toEqual(ref(24));
  });

  it.each([
    ['an announced one is not usable', () => rpc.subscriptions[0]?.push(null)],
    ['the connection breaks', () => rpc.subscriptions[0]?.lose(broken())],
  ])('asks once more when the head is being asked for and %s', async (_, disturb) => {
    await start({}, { canSubscribe: true });
    const answer = pendingHead();
    await clock.advance(60_000);
    asked = [];
    disturb();
    labels.latest = ref(23);
    answer(ref(20));
    await clock.flush();
    expect(count('latest')).toBe(1);
    expect(heads.get().head).toEqual(ref(23));
  });

  it('is ended when the node stops', async () => {
    await start({}, { canSubscribe: true });
    expect(rpc.subscriptions[0]?.isActive).toBe(true);
    stop.abort();
    await clock.flush();
    expect(rpc.subscriptions[0]?.isActive).toBe(false);
  });
});
