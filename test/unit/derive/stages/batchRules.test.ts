import { describe, expect, it } from 'vitest';
import type { SingularBatch } from '../../../../src/derive/codec/batch.js';
import { SILENT_OBSERVER } from '../../../../src/derive/ports.js';
import type { BatchContext } from '../../../../src/derive/stages/batchContext.js';
import { checkSingularBatch } from '../../../../src/derive/stages/batchRules.js';
import { SafeBlocks } from '../../../../src/derive/stages/safeBlocks.js';
import {
  deriveConfig,
  forksBefore,
  l1Block,
  l2Block,
  numberedHash,
} from '../../../support/deriveFakes.js';
import { NO_TURN } from '../../../support/sliced.js';

const NO_L2 = { l2BlockRefByNumber: async () => null };
const NO_BLOCKS = new SafeBlocks(deriveConfig(), { payloadByNumber: async () => null });
const safeHead = l2Block(5);
const tx = Uint8Array.of(2, 0xc0);

/** The block after the safe head, on the same origin (L1 block 10, time 1000). */
const batch = (changes: Partial<SingularBatch> = {}): SingularBatch => ({
  type: 'singular',
  parentHash: safeHead.hash,
  epochNumber: 10n,
  epochHash: l1Block(10).hash,
  timestamp: 1012n,
  transactions: [tx],
  ...changes,
});

const context = (changes: Partial<BatchContext> = {}): BatchContext => ({
  config: deriveConfig(),
  l1Blocks: [l1Block(10), l1Block(11), l1Block(12)],
  safeHead,
  inclusion: l1Block(12),
  l2: NO_L2,
  safeBlocks: NO_BLOCKS,
  observer: SILENT_OBSERVER,
  turn: NO_TURN,
  ...changes,
});
const next = { epochNumber: 11n, epochHash: l1Block(11).hash };
const beforeFork = (fork: Parameters<typeof forksBefore>[0]) => ({
  config: deriveConfig({ forks: forksBefore(fork) }),
});
/** A safe head that is 1800 s or more ahead of its origin. */
const drifted = { safeHead: l2Block(5, { timestamp: 2810n }) };
const late = { timestamp: 2812n };
/** Jovian activates at the batch's block. */
const jovianNow = {
  config: deriveConfig({ forks: { ...forksBefore('jovian'), jovian: 1011n } }),
};
/** Karst activates some blocks before the batch's block, Lagoon at it. */
const lagoonAt = (lagoon: bigint) => ({
  config: deriveConfig({ forks: { ...deriveConfig().forks, karst: 1003n, lagoon } }),
});
/** Holocene is active in the L1 block that carries the batch, but not yet at the batch's own time. */
const holoceneOnL1 = {
  config: deriveConfig({ forks: { ...forksBefore('holocene'), holocene: 1020n } }),
};

describe('checkSingularBatch', () => {
  it.each([
    ['accepts the next block on the same origin', batch(), {}],
    ['accepts the next block on the next origin', batch(next), {}],
    ['accepts an empty block', batch({ transactions: [] }), {}],
    ['accepts the last L1 block of the window', batch(), { inclusion: l1Block(30) }],
    [
      'accepts an EIP-7702 transaction from Isthmus on',
      batch({ transactions: [Uint8Array.of(4)] }),
      {},
    ],
    [
      'accepts 1800 s of drift',
      batch({ timestamp: 2800n }),
      { safeHead: l2Block(5, { timestamp: 2798n }) },
    ],
    [
      'accepts an empty drifted block that goes to the next origin',
      batch({ ...next, ...late, transactions: [] }),
      drifted,
    ],
    [
      'accepts an empty drifted block before a late L1 block',
      batch({ ...late, transactions: [] }),
      { ...drifted, l1Blocks: [l1Block(10), l1Block(11, { timestamp: 2813n })] },
    ],
    [
      'accepts an empty block that goes to the next origin and has drifted from that one too',
      batch({ ...next, timestamp: 2832n, transactions: [] }),
      { safeHead: l2Block(5, { timestamp: 2830n }) },
    ],
    ['accepts an empty activation block of Jovian', batch({ transactions: [] }), jovianNow],
    ['accepts an empty activation block of Lagoon', batch({ transactions: [] }), lagoonAt(1011n)],
    ["accepts transactions in the block after Lagoon's activation", batch(), lagoonAt(1010n)],
    [
      'accepts a post-exec transaction from Lagoon on, wherever it stands',
      batch({ transactions: [Uint8Array.of(0x7d, 0xc0), tx] }),
      lagoonAt(1010n),
    ],
    [
      'accepts transactions in the activation block of a fork before Jovian',
      batch(),
      { config: deriveConfig({ forks: { ...forksBefore('isthmus'), isthmus: 1011n } }) },
    ],
  ])('%s', (_, input, changes) => {
    expect(checkSingularBatch(input, context(changes))).toEqual({ validity: 'accept', why: '' });
  });

  it.each([
    ['without L1 blocks', batch(), { l1Blocks: [] }, 'undecided', 'no L1 blocks'],
    [
      'a block too early',
      batch({ timestamp: 1014n }),
      beforeFork('holocene'),
      'future',
      'future batch',
    ],
    ['a block too early from Holocene on', batch({ timestamp: 1014n }), {}, 'drop', 'future batch'],
    ['an old block', batch({ timestamp: 1010n }), beforeFork('holocene'), 'drop', 'past batch'],
    ['an old block from Holocene on', batch({ timestamp: 1010n }), {}, 'past', 'past batch'],
    [
      'a block too early in an L1 block of Holocene',
      batch({ timestamp: 1014n }),
      holoceneOnL1,
      'drop',
      'future batch',
    ],
    [
      'an old block in an L1 block of Holocene',
      batch({ timestamp: 1010n }),
      holoceneOnL1,
      'past',
      'past batch',
    ],
    ['another parent', batch({ parentHash: numberedHash(4, 'b') }), {}, 'drop', 'parent hash'],
    ['an expired window', batch(), { inclusion: l1Block(31) }, 'drop', 'window expired'],
    ['an epoch before the safe head', batch({ epochNumber: 9n }), {}, 'drop', 'epoch too old'],
    ['an epoch two ahead', batch({ epochNumber: 12n }), {}, 'drop', 'epoch too far ahead'],
    [
      'an epoch of 64 bits',
      batch({ epochNumber: (1n << 64n) - 1n }),
      { inclusion: l1Block(30) },
      'drop',
      'window expired',
    ],
    [
      'the next epoch while it is unknown',
      batch(next),
      { l1Blocks: [l1Block(10)] },
      'undecided',
      'next L1 block needed',
    ],
    ['another epoch hash', batch({ epochHash: l1Block(11).hash }), {}, 'drop', 'epoch hash'],
    [
      'a block before its L1 origin',
      batch(next),
      { l1Blocks: [l1Block(10), l1Block(11, { timestamp: 1013n })] },
      'drop',
      'before its L1 origin',
    ],
    [
      "transactions in Jovian's activation block",
      batch(),
      jovianNow,
      'drop',
      'transactions in a fork activation block',
    ],
    [
      "transactions in Karst's activation block",
      batch(),
      { config: deriveConfig({ forks: { ...deriveConfig().forks, karst: 1011n } }) },
      'drop',
      'transactions in a fork activation block',
    ],
    [
      "transactions in Lagoon's activation block",
      batch(),
      lagoonAt(1011n),
      'drop',
      'transactions in a fork activation block',
    ],
    [
      'one second too much drift',
      batch({ timestamp: 2801n }),
      { safeHead: l2Block(5, { timestamp: 2799n }) },
      'drop',
      'sequencer drift',
    ],
    ['too much drift with transactions', batch(late), drifted, 'drop', 'sequencer drift'],
    [
      "too much drift by the chain's own limit before Fjord",
      batch({ timestamp: 1602n }),
      { ...beforeFork('fjord'), safeHead: l2Block(5, { timestamp: 1600n }) },
      'drop',
      'sequencer drift',
    ],
    [
      "too much drift by the chain's own limit after Fjord on an L1 origin from before it",
      batch({ timestamp: 1602n }),
      {
        config: deriveConfig({ forks: { ...forksBefore('fjord'), fjord: 1500n } }),
        safeHead: l2Block(5, { timestamp: 1600n }),
      },
      'drop',
      'sequencer drift',
    ],
    [
      'an empty drifted block at the very time of the next origin',
      batch({ ...late, transactions: [] }),
      { ...drifted, l1Blocks: [l1Block(10), l1Block(11, { timestamp: 2812n })] },
      'drop',
      'sequencer drift without adopting the next origin',
    ],
    [
      'an empty drifted block while the next L1 block is unknown',
      batch({ ...late, transactions: [] }),
      { ...drifted, l1Blocks: [l1Block(10)] },
      'undecided',
      'next L1 block needed',
    ],
    [
      'an empty drifted block that could have taken the next origin',
      batch({ ...late, transactions: [] }),
      drifted,
      'drop',
      'sequencer drift without adopting the next origin',
    ],
    [
      'an empty transaction',
      batch({ transactions: [tx, new Uint8Array(0)] }),
      {},
      'drop',
      'empty transaction',
    ],
    ['a deposit', batch({ transactions: [Uint8Array.of(0x7e)] }), {}, 'drop', 'deposit in batch'],
    [
      'EIP-7702 before Isthmus',
      batch({ transactions: [Uint8Array.of(4)] }),
      beforeFork('isthmus'),
      'drop',
      'set code before Isthmus',
    ],
    [
      'a post-exec transaction before Lagoon',
      batch({ transactions: [tx, Uint8Array.of(0x7d, 0xc0)] }),
      lagoonAt(1013n),
      'drop',
      'post-exec before Lagoon',
    ],
  ] as const)('judges %s', (_, input, changes, validity, why) => {
    expect(checkSingularBatch(input, context(changes))).toEqual({ validity, why });
  });
});
