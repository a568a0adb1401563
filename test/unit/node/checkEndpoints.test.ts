import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { CheckedParts } from '../../../src/node/checkEndpoints.js';
import { checkEndpoints } from '../../../src/node/checkEndpoints.js';
import { BASE_ARGS, BASE_FILES, filesOf } from '../../support/configFiles.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const FOLLOW = '--l2.follow.source=http://127.0.0.1:9545';

const deps = () => ({
  clock: new FakeClock(),
  random: () => 0,
  log: new FakeLogger(),
  setLogLevel: () => undefined,
  version: { version: 'v0', meta: 'test' },
});

/** How often the beacon node is asked at the start of a node with these flags. */
async function beaconRequests(...flags: readonly string[]): Promise<number> {
  const config = load([...BASE_ARGS, ...flags], {}, filesOf(BASE_FILES));
  const { l2ChainId, genesis } = config.rollup;
  let asked = 0;
  const parts = {
    l1: null,
    l2: {
      source: { chainId: async () => l2ChainId, blockHashByNumber: async () => genesis.l2.hash },
    },
    beacon: {
      client: {
        version: async () => {
          asked += 1;
          return 'v1';
        },
      },
    },
  } as unknown as CheckedParts;
  await checkEndpoints(config, parts, deps(), new AbortController().signal);
  return asked;
}

describe('the beacon node at start', () => {
  it('is asked by a node that derives', async () => {
    expect(await beaconRequests()).toBe(1);
  });

  it('is not asked by a node that follows', async () => {
    expect(await beaconRequests(FOLLOW)).toBe(0);
  });

  it('is asked by a node that verifies what it follows', async () => {
    expect(await beaconRequests(FOLLOW, '--l2.follow.verify')).toBe(1);
  });
});

describe('the endpoints at start', () => {
  const config = load([...BASE_ARGS], {}, filesOf(BASE_FILES));
  const { l1ChainId, l2ChainId, genesis } = config.rollup;

  /** Endpoints whose answers wait for `gate`; they note when they are asked, and the signals that they are given. */
  function endpoints(gate: Promise<void>, l2Answer = l2ChainId) {
    const asked: string[] = [];
    const signals: AbortSignal[] = [];
    const answer =
      <T>(name: string, value: T) =>
      async (signal: AbortSignal): Promise<T> => {
        asked.push(name);
        signals.push(signal);
        await gate;
        return value;
      };
    const parts = {
      beacon: { preload: () => undefined, client: { version: answer('beacon', 'v1') } },
      l1: {
        client: {
          chainId: answer('l1', l1ChainId),
          l1BlockRefByNumber: async () => genesis.l1,
        },
      },
      l2: {
        source: {
          chainId: l2Answer === l2ChainId ? answer('l2', l2ChainId) : async () => l2Answer,
          blockHashByNumber: async () => genesis.l2.hash,
        },
      },
    } as unknown as CheckedParts;
    return { parts, asked, signals };
  }

  it('are asked all at once', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { parts, asked } = endpoints(gate);
    const checked = checkEndpoints(config, parts, deps(), new AbortController().signal);
    await Promise.resolve();
    expect(asked.sort()).toEqual(['beacon', 'l1', 'l2']);
    open();
    await checked;
  });

  it('are given up when one serves another chain', async () => {
    const { parts, signals } = endpoints(new Promise(() => undefined), l2ChainId + 1n);
    const checked = checkEndpoints(config, parts, deps(), new AbortController().signal);
    await expect(checked).rejects.toMatchObject({ code: 'NODE_WRONG_CHAIN' });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });
});
