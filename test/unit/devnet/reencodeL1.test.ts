import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { OfflineDerivation } from '../../../conformance/offline/offlineDerivation.js';
import { loadOfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import { RecordedL1 } from '../../../conformance/offline/recordedL1.js';
import { World } from '../../../conformance/world.js';
import { BatcherTransactions } from '../../../devnet/batcher/batcherTransactions.js';
import { blocksToWrite } from '../../../devnet/batcher/blocksToWrite.js';
import { reencodeL1 } from '../../../devnet/batcher/reencodeL1.js';

const WORLDS = fileURLToPath(new URL('../../../conformance/worlds/', import.meta.url));
/** The well-known test mnemonic's second key, the batcher of the recorded worlds. */
const BATCHER_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

/** Stands in for the KZG commitment, which nobody checks here. */
const hashBlob = (blob: Uint8Array): Hex =>
  `0x01${createHash('sha256').update(blob).digest('hex').slice(2)}`;

describe('reencodeL1', () => {
  it.each([
    ['forks', 1],
    ['forks', 2],
    ['forks', 3],
    ['karst', 4],
    ['lagoon', 5],
  ])(
    'what the development batcher writes derives to the same blocks: %s, seed %d',
    async (name, seed) => {
      const world = new World(`${WORLDS}${name}`);
      const offline = loadOfflineWorld(world);
      const blocks = await blocksToWrite(offline);
      let state = seed;
      const draw = (bound: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state >>> 16) % bound;
      };
      const { config } = offline;
      const transactions = new BatcherTransactions({ config, privateKey: BATCHER_KEY, hashBlob });
      const entries = await reencodeL1(world.l1, blocks, { config, transactions, draw });
      const seen = { singular: 0, span: 0, dropped: 0 };
      const derivation = new OfflineDerivation(
        { ...offline, l1: new RecordedL1(entries) },
        {
          observer: {
            channelInputBytes() {},
            headChannelOpened() {},
            channelTimedOut() {},
            frameAdded() {},
            batchDerived: (type) => seen[type]++,
            noted() {},
            dropped: () => seen.dropped++,
          },
        },
      );
      const outcome = await derivation.run();
      expect(outcome.difference).toBeNull();
      expect(outcome.equal).toBe(offline.derived.length);
      expect(seen.singular).toBeGreaterThan(5);
      expect(seen.span).toBeGreaterThan(1);
      const types = new Set(
        entries.flatMap(({ block }) => block.transactions.map((tx) => tx.type)),
      );
      expect(types.has('0x3')).toBe(true);
    },
  );
});
