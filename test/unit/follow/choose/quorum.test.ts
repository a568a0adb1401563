import { describe, expect, it } from 'vitest';
import type { BlockOf } from '../../../../src/follow/choose/quorum.js';
import { quorumStatus } from '../../../../src/follow/choose/quorum.js';
import type { FollowStatus } from '../../../../src/follow/rules/followStatus.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { ZERO_L2_REF } from '../../../../src/types/block.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 40);
const FORK = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 28, 'fork')];

interface Source {
  readonly chain: readonly L2BlockRef[];
  readonly status: FollowStatus;
  /** False: does not say what its blocks are. */
  readonly tells?: boolean;
}

function on(
  chain: readonly L2BlockRef[],
  heads: { safe: number; localSafe?: number; finalized?: number; l1?: number | null },
): Source {
  const { l1 = 50, ...rest } = heads;
  const currentL1 = l1 === null ? null : l1Block(BigInt(l1));
  return { chain, status: statusOf(chain, { ...rest, currentL1 }) };
}

function agreed(sources: readonly Source[], required: number): ReturnType<typeof quorumStatus> {
  const members = sources.map(({ status }, id) => ({ id, status }));
  const blockOf: BlockOf = async ({ id }, number) => {
    const source = sources[id];
    return source === undefined || source.tells === false ? null : at(source.chain, Number(number));
  };
  return quorumStatus(members, required, blockOf);
}

describe('quorumStatus', () => {
  it.each([
    [1, 30],
    [2, 25],
    [3, 20],
  ])('takes the %i-highest safe head: %i', async (required, safe) => {
    const sources = [on(CHAIN, { safe: 25 }), on(CHAIN, { safe: 30 }), on(CHAIN, { safe: 20 })];
    const result = await agreed(sources, required);
    expect(result?.status.safe).toEqual(at(CHAIN, safe));
  });

  it('takes it only when enough sources have that very block at that height', async () => {
    const sources = [on(CHAIN, { safe: 25 }), on(FORK, { safe: 30 })];
    await expect(agreed(sources, 2)).resolves.toBeNull();
  });

  it('claims no progress on L1 for a block below what all who agree on it call safe', async () => {
    const ahead = on(CHAIN, { safe: 30, l1: 60 });
    const wrong = { ...ahead.status.safe, timestamp: 3n };
    const lying = { chain: CHAIN, status: { ...ahead.status, safe: wrong, localSafe: wrong } };
    const low = on(CHAIN, { safe: 20, l1: 50 });
    const said = { ...low.status.safe, timestamp: 3n };
    const misled = { chain: CHAIN, status: { ...low.status, safe: said, localSafe: said } };
    const result = await agreed([misled, ahead, lying], 2);
    expect(result?.status).toMatchObject({ safe: at(CHAIN, 20), currentL1: null });
  });

  it.each([0, 2])(
    'is not held up by source %i that describes the block otherwise',
    async (liar) => {
      const sources = [0, 1, 2].map(() => on(CHAIN, { safe: 25, finalized: 20 }));
      const said = (ref: L2BlockRef): L2BlockRef => ({
        ...ref,
        timestamp: 3n,
        sequenceNumber: 77n,
      });
      const { status } = on(CHAIN, { safe: 25 });
      const { safe, localSafe } = status;
      const lying = {
        ...status,
        safe: said(safe),
        localSafe: said(localSafe),
        finalized: said(at(CHAIN, 20)),
      };
      sources[liar] = { chain: CHAIN, status: lying };
      const result = await agreed(sources, 2);
      expect(result?.status.safe).toEqual(at(CHAIN, 25));
      expect(result?.status.finalized).toEqual(at(CHAIN, 20));
      await expect(agreed(sources, 3)).resolves.toBeNull();
    },
  );

  it('does not count a higher source that does not say its block there', async () => {
    const sources = [on(CHAIN, { safe: 25 }), { ...on(CHAIN, { safe: 30 }), tells: false }];
    await expect(agreed(sources, 2)).resolves.toBeNull();
  });

  it('is not held up by one source on another chain, however high', async () => {
    const sources = [on(FORK, { safe: 39 }), on(CHAIN, { safe: 22 }), on(CHAIN, { safe: 20 })];
    const result = await agreed(sources, 2);
    expect(result?.status.safe).toEqual(at(CHAIN, 20));
    expect(result?.members.map((member) => member.id)).toEqual([1, 2]);
  });

  it('takes the block itself from a source where nobody who agrees reported that height', async () => {
    const sources = [on(FORK, { safe: 20 }), on(CHAIN, { safe: 30 }), on(CHAIN, { safe: 31 })];
    const result = await agreed(sources, 3);
    expect(result).toBeNull();
    const two = await agreed([...sources, on(CHAIN, { safe: 33 })], 3);
    expect(two?.status.safe).toEqual(at(CHAIN, 30));
  });

  it('takes local safe and finalized from those who agree on safe only', async () => {
    const sources = [
      on(CHAIN, { safe: 20, localSafe: 26, finalized: 8 }),
      on(CHAIN, { safe: 22, localSafe: 24, finalized: 6 }),
      on(FORK, { safe: 19, localSafe: 39, finalized: 10 }),
    ];
    const result = await agreed(sources, 2);
    expect(result?.status).toMatchObject({
      localSafe: at(CHAIN, 24),
      safe: at(CHAIN, 20),
      finalized: at(CHAIN, 6),
    });
  });

  it('does not ask a source about local safe whose own safe head is lower than the one agreed on', async () => {
    const sources = [
      on(CHAIN, { safe: 20, localSafe: 26 }),
      on(CHAIN, { safe: 22, localSafe: 24 }),
      on(CHAIN, { safe: 15, localSafe: 30 }),
    ];
    const result = await agreed(sources, 2);
    expect(result?.status).toMatchObject({ localSafe: at(CHAIN, 24), safe: at(CHAIN, 20) });
  });

  it('does not know a finalized head that too few report', async () => {
    const sources = [on(CHAIN, { safe: 20, finalized: 8 }), on(CHAIN, { safe: 20 })];
    const result = await agreed(sources, 2);
    expect(result?.status.finalized).toEqual(ZERO_L2_REF);
  });

  it('leaves local safe at the safe head where they do not agree above it', async () => {
    const sources = [on(CHAIN, { safe: 12, localSafe: 20 }), on(FORK, { safe: 12, localSafe: 21 })];
    const result = await agreed(sources, 2);
    expect(result?.status).toMatchObject({ localSafe: at(CHAIN, 12), safe: at(CHAIN, 12) });
  });

  it('takes the lowest current_l1 of those who agree, and none when one of them has none', async () => {
    const low = on(CHAIN, { safe: 20, l1: 48 });
    const high = on(CHAIN, { safe: 21, l1: 52 });
    const stranger = on(FORK, { safe: 20, l1: 10 });
    const result = await agreed([high, low, stranger], 2);
    expect(result?.status.currentL1).toEqual(l1Block(48n));
    const silent = await agreed([low, on(CHAIN, { safe: 21, l1: null })], 2);
    expect(silent?.status.currentL1).toBeNull();
  });

  it('never gives a finalized head above the safe head', async () => {
    const sources = [
      on(CHAIN, { safe: 30, finalized: 28 }),
      on(FORK, { safe: 31, finalized: 29 }),
      on(CHAIN, { safe: 12, finalized: 2 }),
    ];
    const result = await agreed(sources, 3);
    expect(result?.status.safe).toEqual(at(CHAIN, 12));
    expect(result?.status.finalized.number).toBeLessThanOrEqual(12n);
  });
});
