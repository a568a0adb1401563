import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { CheckedParts } from '../../../src/node/checkEndpoints.js';
import { checkEndpoints } from '../../../src/node/checkEndpoints.js';
import { BASE_ARGS, BASE_FILES, filesOf } from '../../support/configFiles.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const FOLLOW = '--l2.follow.source=http://127.0.0.1:9545';

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
  const deps = {
    clock: new FakeClock(),
    random: () => 0,
    log: new FakeLogger(),
    setLogLevel: () => undefined,
    version: { version: 'v0', meta: 'test' },
  };
  await checkEndpoints(config, parts, deps, new AbortController().signal);
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
