import { describe, expect, it } from 'vitest';
import type { Link } from '../../../../src/follow/blocks/blockLinks.js';
import { linkToOurChain } from '../../../../src/follow/blocks/blockLinks.js';
import { HEADER_WINDOW } from '../../../../src/follow/blocks/blockReader.js';
import type { Hash, L2BlockRef } from '../../../../src/types/block.js';
import type { EngineHeads } from '../../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import { at, refsOn } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 300);
const FORK = [...CHAIN.slice(0, 40), ...refsOn(at(CHAIN, 40), 60, 'fork')];

function heads(chain: readonly L2BlockRef[], unsafe: number, finalized = 0): EngineHeads {
  return { ...UNKNOWN_HEADS, unsafe: at(chain, unsafe), finalized: at(chain, finalized) };
}

function deps(ours: readonly L2BlockRef[], source: readonly L2BlockRef[]) {
  const windows: (readonly bigint[])[] = [];
  const looked: bigint[] = [];
  return {
    windows,
    looked,
    links: async (numbers: readonly bigint[]): Promise<readonly Link[]> => {
      windows.push(numbers);
      return numbers.map((n) => at(source, Number(n)));
    },
    ours: async (number: bigint) => {
      looked.push(number);
      return at(ours, Number(number));
    },
  };
}

describe('linkToOurChain', () => {
  it('links a target above our unsafe head, in bounded windows that never go below it', async () => {
    const asked = deps(CHAIN, CHAIN);
    const range = await linkToOurChain(at(CHAIN, 300), heads(CHAIN, 50), asked);
    expect(range.join).toMatchObject({ hash: at(CHAIN, 50).hash, number: 50n });
    expect(range.hashes).toEqual(CHAIN.slice(50).map((ref) => ref.hash));
    expect(range.isComplete).toBe(true);
    expect(asked.windows.map((window) => window.length)).toEqual([
      HEADER_WINDOW,
      250 - HEADER_WINDOW,
    ]);
    expect(asked.windows.flat().every((n) => n > 50n)).toBe(true);
    expect(asked.looked).toEqual([]);
  });

  it('has nothing to fetch for a target that our chain holds', async () => {
    const asked = deps(CHAIN, CHAIN);
    const range = await linkToOurChain(at(CHAIN, 30), heads(CHAIN, 50), asked);
    expect(range).toMatchObject({ hashes: [], isComplete: true });
    expect(asked.windows).toEqual([]);
  });

  it('goes down to where a fork leaves our chain', async () => {
    const asked = deps(FORK, CHAIN);
    const range = await linkToOurChain(at(CHAIN, 120), heads(FORK, 70), asked);
    expect(range.join).toMatchObject({ hash: at(CHAIN, 40).hash, number: 40n });
    expect(range.hashes).toEqual(CHAIN.slice(40, 120).map((ref) => ref.hash));
  });

  it('links a target below our unsafe head on another chain', async () => {
    const range = await linkToOurChain(at(CHAIN, 60), heads(FORK, 70), deps(FORK, CHAIN));
    expect(range.hashes).toEqual(CHAIN.slice(40, 60).map((ref) => ref.hash));
  });

  it('refuses to go below our finalized head', async () => {
    const pending = linkToOurChain(at(CHAIN, 60), heads(FORK, 70, 41), deps(FORK, CHAIN));
    await expect(pending).rejects.toMatchObject({
      code: 'FOLLOW_BLOCKS_UNLINKED',
      message: 'blocks towards the follow target: passes our finalized head',
    });
  });

  it.each([55, 59, 60])('refuses a source that has another block at %i', async (lie) => {
    const source = CHAIN.map((ref) => (Number(ref.number) === lie ? at(FORK, lie) : ref));
    const pending = linkToOurChain(at(CHAIN, 60), heads(CHAIN, 50), deps(CHAIN, source));
    await expect(pending).rejects.toMatchObject({ code: 'FOLLOW_BLOCKS_UNLINKED' });
  });

  it('refuses a target that its source does not have, though all below it links', async () => {
    const pending = linkToOurChain(at(FORK, 60), heads(CHAIN, 50), deps(CHAIN, CHAIN));
    await expect(pending).rejects.toMatchObject({ code: 'FOLLOW_BLOCKS_UNLINKED' });
  });

  it('keeps a bounded part of a very long gap: the lowest', async () => {
    const hash = (n: bigint): Hash => `0x${n.toString(16).padStart(64, '0')}`;
    const ref = (n: bigint): L2BlockRef => ({ ...GENESIS_REF, hash: hash(n), number: n });
    const range = await linkToOurChain(
      ref(650_000n),
      { ...UNKNOWN_HEADS, unsafe: ref(1n), finalized: ref(1n) },
      {
        links: async (numbers) =>
          numbers.map((number) => ({ number, hash: hash(number), parentHash: hash(number - 1n) })),
        ours: async (number) => ref(number),
      },
    );
    expect(range.isComplete).toBe(false);
    expect(range.hashes.length).toBeLessThan(605_000);
    expect(range.hashes[0]).toBe(hash(2n));
  });
});
