import { describe, expect, it } from 'vitest';
import { encodeSpanBatch } from '../../../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../../../src/derive/codec/batch.js';
import type { SpanBatch } from '../../../../src/derive/codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../../../src/derive/codec/spanBatch.js';
import type { DeriveL2Source } from '../../../../src/derive/ports.js';
import { SILENT_OBSERVER } from '../../../../src/derive/ports.js';
import type { BatchContext } from '../../../../src/derive/stages/batchContext.js';
import { SafeBlocks } from '../../../../src/derive/stages/safeBlocks.js';
import {
  checkSpanBatch,
  checkSpanPrefix,
  checkStrictSpanBatch,
} from '../../../../src/derive/stages/spanBatchRules.js';
import type { RollupConfig } from '../../../../src/rollup/rollupConfig.js';
import { whole } from '../../../../src/rollup/slices.js';
import {
  deriveConfig,
  forksBefore,
  l1Block,
  l2Block,
  NEVER,
  numberedHash,
} from '../../../support/deriveFakes.js';
import { l2Payload, legacyTx } from '../../../support/deriveL2.js';
import { NO_TURN } from '../../../support/sliced.js';

const config = deriveConfig();
const tx = legacyTx();

/** The input of L2 block `number` in the chain of the fakes. */
function blockInput(number: number, changes: Partial<SingularBatch> = {}): SingularBatch {
  const ref = l2Block(number);
  return {
    type: 'singular',
    parentHash: ref.parentHash,
    epochNumber: ref.l1Origin.number,
    epochHash: ref.l1Origin.hash,
    timestamp: ref.timestamp,
    transactions: [tx],
    ...changes,
  };
}

function span(blocks: readonly SingularBatch[]): SpanBatch {
  const raw = whole(decodeRawSpanBatch(encodeSpanBatch(blocks, 1000n, false).subarray(1)));
  const derived = raw && whole(deriveSpanBatch(raw, config));
  if (derived === null) throw new Error('not a span batch');
  return derived;
}

const preHolocene = deriveConfig({ forks: forksBefore('holocene') });
/** The L2 chain of the fakes, every block with deposits and one transaction. */
const L2: BatchContext['l2'] = { l2BlockRefByNumber: async (number) => l2Block(Number(number)) };
const safeBlocksOf = (
  config: RollupConfig,
  payloadByNumber: DeriveL2Source['payloadByNumber'] = async (number) =>
    l2Payload(l2Block(Number(number)), [tx], config),
) => new SafeBlocks(config, { payloadByNumber });
const safeHead = l2Block(8);
const context = (changes: Partial<BatchContext> = {}): BatchContext => ({
  config: preHolocene,
  l1Blocks: [l1Block(11), l1Block(12), l1Block(13)],
  safeHead,
  inclusion: l1Block(13),
  l2: L2,
  safeBlocks: safeBlocksOf(changes.config ?? preHolocene),
  observer: SILENT_OBSERVER,
  turn: NO_TURN,
  ...changes,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => blockInput(from + i));
const replaced = (from: number, to: number, number: number, changes: Partial<SingularBatch>) =>
  range(from, to).map((entry, i) => (from + i === number ? { ...entry, ...changes } : entry));
const after = span(range(9, 14));
const overlapping = span(range(5, 14));

describe('checkSpanBatch', () => {
  it.each([
    ['after the safe head', after, {}],
    ['that begins with safe blocks', overlapping, {}],
    ['that begins right after genesis', span(range(1, 12)), {}],
    ['whose last block is the next one', span(range(7, 9)), {}],
    [
      'whose first origin is the first one of Delta',
      span(range(12, 13)),
      {
        config: deriveConfig({ forks: { ...forksBefore('delta'), delta: 1024n } }),
        safeHead: l2Block(11),
      },
    ],
    [
      'whose safe blocks have drifted: only new ones are judged',
      span(replaced(5, 9, 9, { epochNumber: 12n, epochHash: l1Block(12).hash, transactions: [] })),
      {
        l1Blocks: [l1Block(11, { timestamp: 1n }), l1Block(12, { timestamp: 1018n }), l1Block(13)],
        config: deriveConfig({ forks: forksBefore('fjord') }),
      },
    ],
  ])('accepts a batch %s', async (_, batch, changes) => {
    expect(await checkSpanBatch(batch, context(changes), NEVER)).toEqual({
      validity: 'accept',
      why: '',
    });
  });

  const holocene = { config };
  it.each([
    ['no L1 blocks', after, { l1Blocks: [] }, 'undecided', 'no L1 blocks'],
    [
      'its first origin unknown',
      span(range(12, 13)),
      { l1Blocks: [l1Block(11)] },
      'undecided',
      'next L1 block needed',
    ],
    [
      'an origin before Delta',
      after,
      { config: deriveConfig({ forks: forksBefore('delta') }) },
      'drop',
      'before Delta',
    ],
    ['a gap before it', span(range(10, 14)), {}, 'future', 'future batch'],
    ['a gap before it from Holocene on', span(range(10, 14)), holocene, 'drop', 'future batch'],
    ['nothing new', span(range(5, 8)), {}, 'drop', 'past batch'],
    ['nothing new from Holocene on', span(range(5, 8)), holocene, 'past', 'past batch'],
    [
      'a time between the safe head and the next block',
      span([blockInput(9, { timestamp: 1017n }), blockInput(10, { timestamp: 1019n })]),
      {},
      'drop',
      'misaligned timestamp',
    ],
    [
      'an overlap that is not aligned',
      span([
        blockInput(8, { timestamp: 1015n }),
        blockInput(9, { timestamp: 1017n }),
        blockInput(10),
      ]),
      {},
      'drop',
      'misaligned timestamp',
    ],
    ['the genesis block in it', span(range(0, 9)), {}, 'undecided', 'begins at genesis'],
    [
      'blocks that are older than the genesis of the chain',
      overlapping,
      { config: deriveConfig({ genesis: { ...config.genesis, l2: { ...l2Block(5) } } }) },
      'undecided',
      'begins at genesis',
    ],
    [
      'another parent',
      span(replaced(9, 14, 9, { parentHash: numberedHash(1n << 200n, 'b') })),
      {},
      'drop',
      'parent hash',
    ],
    ['an expired window', after, { inclusion: l1Block(32) }, 'drop', 'window expired'],
    [
      'an epoch too far ahead',
      span(replaced(9, 9, 9, { epochNumber: 13n, epochHash: l1Block(13).hash })),
      {},
      'drop',
      'epoch too far ahead',
    ],
    [
      'an end beyond the known L1 blocks',
      after,
      { l1Blocks: [l1Block(11)] },
      'undecided',
      'more L1 blocks needed',
    ],
    [
      'another hash at its end',
      span(replaced(9, 14, 14, { epochHash: numberedHash(1n << 200n, 'a') })),
      {},
      'drop',
      'epoch hash',
    ],
    [
      'an epoch before its parent',
      span(replaced(9, 14, 9, { epochNumber: 10n })),
      {},
      'drop',
      'epoch too old',
    ],
    [
      'a safe block on an older epoch than the safe head',
      span(
        replaced(5, 14, 9, { epochNumber: 10n }).map((b, i) =>
          i < 4 ? { ...b, epochNumber: 10n } : b,
        ),
      ),
      {},
      'drop',
      'epoch too old',
    ],
    [
      'a block before its L1 origin',
      span(replaced(9, 14, 11, { epochNumber: 12n })),
      { l1Blocks: [l1Block(11), l1Block(12, { timestamp: 1023n }), l1Block(13)] },
      'drop',
      'before its L1 origin',
    ],
    [
      'drift with transactions',
      after,
      {
        l1Blocks: [l1Block(11, { timestamp: 1n }), l1Block(12), l1Block(13)],
        config: deriveConfig({ forks: forksBefore('fjord') }),
      },
      'drop',
      'sequencer drift',
    ],
    [
      'empty drifted blocks that could have taken the next origin',
      span(range(9, 11).map((b) => ({ ...b, transactions: [] }))),
      {
        l1Blocks: [l1Block(11, { timestamp: 1n }), l1Block(12, { timestamp: 1018n })],
        config: deriveConfig({ forks: forksBefore('fjord') }),
      },
      'drop',
      'sequencer drift without adopting the next origin',
    ],
    [
      'an empty drifted block that stays on the origin to which the block before it went',
      span(
        range(9, 10).map((b) => ({
          ...b,
          epochNumber: 12n,
          epochHash: l1Block(12).hash,
          transactions: [],
        })),
      ),
      {
        l1Blocks: [l1Block(11), l1Block(12, { timestamp: 1n }), l1Block(13, { timestamp: 1018n })],
        config: deriveConfig({ forks: forksBefore('fjord') }),
      },
      'drop',
      'sequencer drift without adopting the next origin',
    ],
    [
      'empty drifted blocks at the end of the known L1',
      span(range(9, 11).map((b) => ({ ...b, transactions: [] }))),
      {
        l1Blocks: [l1Block(11, { timestamp: 1n })],
        config: deriveConfig({ forks: forksBefore('fjord') }),
      },
      'undecided',
      'next L1 block needed',
    ],
  ] as const)('judges a batch with %s', async (_, batch, changes, validity, why) => {
    expect(await checkSpanBatch(batch, context(changes), NEVER)).toEqual({ validity, why });
  });

  it('judges an expired window before it asks for a parent, which may be older than all that L2 has', async () => {
    const l2 = { l2BlockRefByNumber: async () => null };
    expect(
      await checkSpanBatch(overlapping, context({ l2, inclusion: l1Block(32) }), NEVER),
    ).toEqual({ validity: 'drop', why: 'window expired' });
  });
});

describe.each([
  ['before Holocene', checkSpanBatch, preHolocene],
  ['from Holocene on', checkStrictSpanBatch, config],
] as const)('blocks that are safe already, %s', (_, check, forksConfig) => {
  const judgedIn = (changes: Partial<BatchContext> = {}) =>
    context({ config: forksConfig, ...changes });
  const down = async (): Promise<never> => {
    throw new Error('down');
  };

  it('are those of the safe chain, their deposits left out', async () => {
    expect(await check(overlapping, judgedIn(), NEVER)).toEqual({ validity: 'accept', why: '' });
    expect(await check(after, judgedIn(), NEVER)).toEqual({ validity: 'accept', why: '' });
  });

  it.each([
    ['the safe head has no transaction', 8, { transactions: [] }, 'overlapped transaction count'],
    ['the first one has one more', 5, { transactions: [tx, tx] }, 'overlapped transaction count'],
    [
      'one has another',
      6,
      { transactions: [legacyTx(Uint8Array.of(1))] },
      'overlapped transaction',
    ],
    [
      'one has a longer one',
      6,
      { transactions: [legacyTx(new Uint8Array(99))] },
      'overlapped transaction',
    ],
    ['one has another origin', 6, { epochNumber: 10n }, 'overlapped origin'],
  ] as const)('are refused where %s', async (_name, number, changes, why) => {
    const batch = span(replaced(5, 14, number, changes));
    expect(await check(batch, judgedIn(), NEVER)).toEqual({ validity: 'drop', why });
  });

  it('leave the batch undecided where L2 fails or lacks a block', async () => {
    const lost = { code: 'DERIVE_L2_UNAVAILABLE', severity: 'temporary' };
    const checked = (changes: Partial<BatchContext>) =>
      check(overlapping, judgedIn(changes), NEVER);
    await expect(checked({ l2: { l2BlockRefByNumber: down } })).rejects.toThrow('down');
    await expect(checked({ safeBlocks: safeBlocksOf(forksConfig, down) })).rejects.toThrow('down');
    const none = async () => null;
    await expect(checked({ l2: { l2BlockRefByNumber: none } })).rejects.toMatchObject(lost);
    const safeBlocks = safeBlocksOf(forksConfig, none);
    await expect(checked({ safeBlocks })).rejects.toMatchObject(lost);
  });

  it('leave the batch undecided where L2 has left the safe chain', async () => {
    const branch = (number: bigint) => l2Block(Number(number), { hash: numberedHash(number, 'c') });
    const lost = { code: 'DERIVE_L2_UNAVAILABLE', severity: 'temporary' };
    const safeBlocks = safeBlocksOf(forksConfig, async (number) =>
      l2Payload(number < 7n ? branch(number) : l2Block(Number(number)), [tx], forksConfig),
    );
    await expect(check(overlapping, judgedIn({ safeBlocks }), NEVER)).rejects.toMatchObject(lost);
    // The parent's hash is the one that the batch says, but the first overlapping block builds on another.
    const onBranch = safeBlocksOf(forksConfig, async (number) => {
      const ref = l2Block(Number(number));
      const parentHash = number === 5n ? branch(4n).hash : ref.parentHash;
      return l2Payload({ ...ref, parentHash }, [tx], forksConfig);
    });
    await expect(
      check(overlapping, judgedIn({ safeBlocks: onBranch }), NEVER),
    ).rejects.toMatchObject(lost);
  });
});

describe('checkSpanPrefix', () => {
  it('names the parent of the first block', async () => {
    expect(await checkSpanPrefix(after, context(), NEVER)).toEqual({
      validity: 'accept',
      parent: safeHead,
    });
    expect(await checkSpanPrefix(overlapping, context(), NEVER)).toEqual({
      validity: 'accept',
      parent: l2Block(4),
    });
  });

  it('refuses a first epoch before that of the parent', async () => {
    const old = span(replaced(9, 14, 9, { epochNumber: 10n }));
    expect(await checkSpanPrefix(old, context(), NEVER)).toEqual({
      validity: 'drop',
      why: 'epoch too old',
    });
  });

  it('does not look at single blocks', async () => {
    const empty = span(replaced(5, 14, 6, { transactions: [] }));
    expect(await checkSpanPrefix(empty, context(), NEVER)).toMatchObject({ validity: 'accept' });
  });
});
