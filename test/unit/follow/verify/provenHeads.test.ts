import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { blockId } from '../../../../src/types/block.js';
import { forksBefore, l1Block, l2Block } from '../../../support/deriveFakes.js';
import { MemorySafeHeads } from '../../../support/memorySafeHeads.js';
import { until } from '../../../support/until.js';
import { alteredBlock, attributesFor, VerifierRig } from '../../../support/verifierRig.js';

let rig: VerifierRig;
afterEach(() => {
  rig.stop.abort();
  expect(rig.failure).toBeNull();
});

/** Entries of an earlier run, that L1 block `at` made L2 block `number` safe. */
function earlier(...entries: readonly (readonly [number: number, at: number])[]): MemorySafeHeads {
  const memory = new MemorySafeHeads();
  memory.entries = entries.map(([number, at]) => ({
    l1Block: blockId(l1Block(at)),
    safeHead: blockId(l2Block(number)),
  }));
  return memory;
}

const recorded = () =>
  rig.safeHeads.entries.map(
    ({ l1Block: l1, safeHead }) => `${safeHead.number} at ${l1.number}` as const,
  );

describe('the entries of a verifying follower', () => {
  it('are of blocks that end a batch, each there before it is told of', async () => {
    rig = new VerifierRig().chainUpTo(5, { finalized: 2 });
    rig.script.push(
      { kind: 'advanced', newOrigin: l1Block(20) },
      attributesFor(3),
      attributesFor(4, { from: 21, concluding: false }),
      attributesFor(5, { from: 21 }),
      { kind: 'advanced', newOrigin: l1Block(22) },
    );
    const { proven } = rig.actor;
    const seen: string[] = [];
    rig.onCompare = () => {
      const { safe, currentL1 } = proven.get();
      seen.push(`${safe.number} of ${currentL1.number}, recorded ${recorded().join(', ')}`);
    };
    rig.run();
    await until(() => proven.get().currentL1.number === 22n);
    expect(seen).toEqual([
      '2 of 20, recorded ',
      '3 of 20, recorded 3 at 20',
      '3 of 20, recorded 3 at 20',
    ]);
    expect(proven.get().safe).toEqual(l2Block(5));
    expect(recorded()).toEqual(['3 at 20', '5 at 21']);
  });

  it('of genesis is at L1 block 0', async () => {
    rig = new VerifierRig().chainUpTo(2);
    rig.script.push(attributesFor(1));
    rig.run();
    await until(() => rig.verified === 1n);
    expect(recorded()).toEqual(['0 at 0', '1 at 20']);
  });

  it.each([
    ['from where they end, below the finalized head', earlier([2, 11], [4, 12]), 4, 'kept'],
    [
      'from the finalized head, the later ones being dropped',
      earlier([2, 11], [6, 12], [7, 13]),
      6,
      'kept',
    ],
    ['from the finalized head where none reaches back to it', earlier([7, 13]), 6, 'dropped'],
  ] as const)('go on %s', async (_, memory, begin, fate) => {
    rig = new VerifierRig({}, memory).chainUpTo(8, { finalized: 6 });
    rig.script.push(attributesFor(begin + 1, { from: 20 }));
    rig.run();
    await until(() => rig.verified === BigInt(begin + 1));
    const before = fate === 'kept' ? ['2 at 11', `${begin} at 12`] : [];
    expect(recorded()).toEqual([...before, `${begin + 1} at 20`]);
  });

  it.each([
    ['our chain has another block', earlier([2, 11], [4, 12]), 4, null],
    ['L1 has another block', earlier([2, 11], [4, 12]), null, 12],
    [
      'L1 has another block, which made the finalized head safe',
      earlier([2, 11], [7, 12]),
      null,
      12,
    ],
  ] as const)('are dropped where %s than they say', async (_, memory, l2Fork, l1Fork) => {
    rig = new VerifierRig({}, memory).chainUpTo(8, { finalized: 6 });
    if (l2Fork !== null) rig.hold(alteredBlock(l2Fork));
    if (l1Fork !== null) {
      rig.l1Forks.set(BigInt(l1Fork), { ...l1Block(l1Fork), hash: `0x${'aa'.repeat(32)}` });
    }
    rig.script.push(attributesFor(7));
    rig.run();
    await until(() => rig.verified === 7n);
    expect(rig.parents[0]).toBe(6n);
    expect(recorded()).toEqual(['7 at 20']);
  });

  it('are kept while our L1 has not come to them', async () => {
    rig = new VerifierRig({}, earlier([2, 11], [4, 12])).chainUpTo(8, { finalized: 6 });
    rig.l1Tip = 11n;
    rig.script.push(attributesFor(5));
    rig.run();
    await until(() => rig.errors.length > 2);
    expect(rig.errors[0]).toMatchObject({ code: 'VERIFY_BLOCK_MISSING', severity: 'temporary' });
    rig.l1Tip = 20n;
    await until(() => rig.verified === 5n);
    expect(recorded()).toEqual(['2 at 11', '4 at 12', '5 at 20']);
  });

  it('are dropped where they cannot be read', async () => {
    const memory = earlier([2, 11], [4, 12]);
    const read = memory.lastEntry.bind(memory);
    memory.lastEntry = async () => {
      memory.lastEntry = read;
      throw new NodeError('SAFE_DB_INVALID_ENTRY', 'bad entry', { severity: 'critical' });
    };
    rig = new VerifierRig({}, memory).chainUpTo(8, { finalized: 6 });
    rig.script.push(attributesFor(7));
    rig.run();
    await until(() => rig.verified === 7n);
    expect(recorded()).toEqual(['7 at 20']);
  });

  it('hold verification up alone while they cannot be written', async () => {
    const memory = new MemorySafeHeads();
    const write = memory.safeHeadUpdated.bind(memory);
    memory.safeHeadUpdated = async () => {
      throw new Error('no space left on device');
    };
    rig = new VerifierRig({}, memory).chainUpTo(8, { finalized: 6 });
    rig.script.push(attributesFor(7), attributesFor(8));
    rig.run();
    await until(() => rig.errors.length > 2);
    expect(rig.errors[0]).toMatchObject({
      code: 'ENGINE_SAFE_HEAD_RECORD',
      severity: 'temporary',
    });
    expect(rig.actor.proven.get().safe).toEqual(l2Block(6));
    memory.safeHeadUpdated = write;
    await until(() => rig.verified === 8n);
    expect(rig.counts.startedOver).toBe(0);
    expect(recorded()).toEqual(['8 at 20']);
  });

  it('are not lost where verification starts over in the middle of a batch', async () => {
    rig = new VerifierRig({ forks: forksBefore('holocene') }).chainUpTo(5, { finalized: 1 });
    rig.script.push(
      attributesFor(2, { from: 19 }),
      attributesFor(3),
      attributesFor(4, { concluding: false }),
      new NodeError('DERIVE_L1_REORG', 'L1 reorged', { severity: 'reset' }),
      attributesFor(5, { from: 22 }),
    );
    rig.onCompare = () => rig.follow(5, 4);
    rig.run();
    await until(() => rig.verified === 5n);
    expect(rig.parents).toEqual([1n, 2n, 3n, 4n, 4n]);
    expect(rig.counts.startedOver).toBe(1);
    expect(recorded()).toEqual(['2 at 19', '3 at 20', '5 at 22']);
  });
});
