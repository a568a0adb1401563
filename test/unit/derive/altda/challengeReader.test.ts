import { describe, expect, it } from 'vitest';
import {
  CHALLENGE_STATUS_CHANGED,
  challengeEvents,
} from '../../../../src/derive/altda/challengeEvents.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import type { L1Log, L1Receipt } from '../../../../src/types/l1Block.js';
import {
  AltDaRig,
  altDaConfig,
  CHALLENGE_CONTRACT,
  genericCommitment,
  inputNamed,
  keccakCommitment,
  legacyTx,
  resolveCalldata,
} from '../../../support/altDaRig.js';
import { l1Block, NEVER } from '../../../support/deriveFakes.js';

const A = keccakCommitment(inputNamed('a'));
const BROKEN = new NodeError('TRANSPORT_FAILED', 'x', { severity: 'temporary' });

/** A challenge as the contract has emitted it. */
const RECORDED = {
  topics: [
    '0xc5d8c630ba2fdacb1db24c4599df78c7fb8cf97b5aecde34939597f6697bb1ad',
    '0x000000000000000000000000000000000000000000000000000000000000000e',
  ],
  data: `0x${[
    '0000000000000000000000000000000000000000000000000000000000000040',
    '0000000000000000000000000000000000000000000000000000000000000001',
    '0000000000000000000000000000000000000000000000000000000000000021',
    '00eed82c1026bdd0f23461dd6ca515ef677624e63e6fc0ff91e3672af8eddf57',
    '9d00000000000000000000000000000000000000000000000000000000000000',
  ].join('')}`,
} as const;

function receipt(changes: Partial<L1Log> = {}, isSuccess = true): L1Receipt {
  return {
    isSuccess,
    logs: [
      {
        address: CHALLENGE_CONTRACT,
        blockHash: l1Block(2).hash,
        logIndex: 0n,
        ...RECORDED,
        ...changes,
      },
    ],
  };
}

const eventsOf = (...receipts: L1Receipt[]) => challengeEvents(receipts, CHALLENGE_CONTRACT);

describe('challengeEvents', () => {
  it('reads an event as the contract emits it, with the place of its transaction', () => {
    expect(CHALLENGE_STATUS_CHANGED).toBe(RECORDED.topics[0]);
    expect(eventsOf({ isSuccess: true, logs: [] }, receipt())).toEqual({
      events: [
        {
          status: 'active',
          commitment: {
            kind: 'keccak',
            encoded: '0x00eed82c1026bdd0f23461dd6ca515ef677624e63e6fc0ff91e3672af8eddf579d',
          },
          committedAt: 14n,
          txIndex: 1,
        },
      ],
      malformed: 0,
    });
  });

  const word = (value: string) => value.padStart(64, '0');
  it.each([
    ['of another contract', { address: `0x${'ab'.repeat(20)}` as const }, 0],
    ['of another event', { topics: [RECORDED.topics[1], RECORDED.topics[1]] }, 0],
    ['without topics', { topics: [] }, 0],
    [
      'with the status 0',
      { data: RECORDED.data.replace(word('1'), word('0')) as `0x${string}` },
      0,
    ],
    [
      'with the status 3',
      { data: RECORDED.data.replace(word('1'), word('3')) as `0x${string}` },
      0,
    ],
    [
      'with a status beyond a byte',
      { data: RECORDED.data.replace(word('1'), word('101')) as `0x${string}` },
      1,
    ],
    ['without a block number', { topics: [RECORDED.topics[0]] }, 1],
    ['with a topic too many', { topics: [...RECORDED.topics, RECORDED.topics[1]] }, 1],
    [
      'with a block number beyond 64 bits',
      { topics: [RECORDED.topics[0], `0x${word(`1${'0'.repeat(16)}`)}` as const] },
      1,
    ],
    ['with no data', { data: '0x' as const }, 1],
    ['with cut data', { data: RECORDED.data.slice(0, -66) as `0x${string}` }, 1],
    [
      'with another commitment',
      { data: RECORDED.data.replace('00eed8', '02eed8') as `0x${string}` },
      1,
    ],
  ])('passes over a log %s', (_, changes, malformed) => {
    expect(eventsOf(receipt(changes))).toEqual({ events: [], malformed });
  });

  it('passes over what was reverted', () => {
    expect(eventsOf(receipt({}, false))).toEqual({ events: [], malformed: 0 });
  });
});

describe('ChallengeReader', () => {
  it.each([
    ['another input', resolveCalldata(A, 2, inputNamed('b'))],
    ['no selector', Uint8Array.of(1, 2, 3)],
    ['nothing', new Uint8Array(0)],
  ])('takes no resolution whose transaction carries %s', async (_, calldata) => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(3, A, 2);
    rig.l1.emit(4, { status: 2, commitment: A, committedAt: 2, calldata });
    expect(await rig.run(7)).toEqual(['a']);
    expect(rig.observer.drops).toEqual(['failed to verify commitment']);
    expect(await rig.run(8)).toEqual([]);
  });

  it('takes a resolution through another contract, by what its transaction carries', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(3, A, 2);
    rig.l1.add(4, legacyTx(new Uint8Array(0)), { isSuccess: true, logs: [] });
    rig.l1.resolve(4, A, 2, inputNamed('a'));
    expect(await rig.run(20)).toEqual(['a']);
    expect(rig.counts).toEqual({ active: 1, resolved: 1, expired: 0 });
  });

  it('knows no resolution of what was not challenged, or challenged elsewhere', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(3, A, 2);
    rig.l1.resolve(4, A, 3, inputNamed('a'));
    rig.l1.resolve(4, keccakCommitment(inputNamed('b')), 2, inputNamed('b'));
    await rig.run(8);
    expect(rig.counts).toEqual({ active: 1, resolved: 0, expired: 1 });
  });

  it('tells what cannot be read', async () => {
    const rig = new AltDaRig();
    rig.l1.add(2, legacyTx(new Uint8Array(0)), receipt({ data: '0x' }));
    await rig.run(3);
    expect(rig.observer.drops).toEqual(['failed to decode challenge event']);
  });

  it.each([
    ['the receipts', 0],
    ['the transactions', 1],
  ])(
    'takes a block as a whole: nothing of it where L1 lacks %s, and all of it then',
    async (_, before) => {
      for (const fault of [BROKEN, null]) {
        const rig = new AltDaRig();
        rig.commit(2, 'a');
        await rig.run(2);
        rig.l1.challenge(3, A, 2);
        rig.l1.resolve(3, A, 2, inputNamed('a'));
        rig.l1.faults.set(rig.l1.asked.length + before, fault);
        await expect(rig.run(3)).rejects.toMatchObject({ severity: 'temporary' });
        expect([rig.counts, rig.altDa.state.challengeOf(A, 2n)]).toEqual([
          { active: 0, resolved: 0, expired: 0 },
          null,
        ]);
        expect(await rig.run(3)).toEqual(['a']);
        expect(rig.counts).toEqual({ active: 1, resolved: 1, expired: 0 });
      }
    },
  );

  it('reads nothing with generic commitments', async () => {
    const altDa = altDaConfig({ daCommitmentType: 'GenericCommitment' });
    const rig = new AltDaRig({ altDa });
    const commitment = genericCommitment('a');
    rig.l1.challenge(3, commitment, 2);
    await rig.run(30);
    expect([rig.l1.asked, rig.counts.active]).toEqual([[], 0]);
    expect(rig.heads.at(-1)).toBe('latest 30');
  });

  describe('over a reset', () => {
    async function withLost(): Promise<AltDaRig> {
      const rig = new AltDaRig();
      rig.commit(2, 'lost');
      rig.commit(3, 'b');
      rig.l1.challenge(4, keccakCommitment(inputNamed('lost')), 2);
      await rig.run(12);
      expect([rig.texts, rig.resets]).toEqual([['b'], 1]);
      return rig;
    }

    it('knows what is lost, whatever the reset was for', async () => {
      const rig = await withLost();
      rig.restart();
      expect(await rig.run(20)).toEqual(['b']);
      expect(rig.resets).toBe(1);
    });

    it('forgets what another branch of L1 said', async () => {
      const rig = await withLost();
      rig.l1.branches.set(4, 'f');
      rig.restart();
      expect(await rig.run(20)).toEqual(['lost', 'b']);
      expect(rig.resets).toBe(1);
    });

    it('reads again where derivation starts before what was read, and forgets where beyond it', async () => {
      for (const base of [0, 14]) {
        const rig = await withLost();
        rig.base = base;
        rig.restart();
        await rig.run(20);
        expect(rig.altDa.state.challengeOf(keccakCommitment(inputNamed('lost')), 2n)?.status).toBe(
          base === 0 ? 'expired' : undefined,
        );
        expect(rig.resets).toBe(1);
      }
    });

    it('reads again at once after a reorg, so that what is lost on both branches is not derived again', async () => {
      const rig = await withLost();
      rig.l1.branches.set(11, 'f');
      rig.restart();
      expect(await rig.run(20)).toEqual(['b']);
      expect(rig.resets).toBe(1);
    });

    it('reads again no further than L1 has', async () => {
      const rig = await withLost();
      rig.base = 0;
      rig.restart();
      expect(await rig.run(7)).toEqual(['lost', 'b']);
      expect(rig.altDa.challenges.readTo?.number).toBe(7n);
      expect(await rig.run(20)).toEqual(['b']);
      expect(rig.resets).toBe(2);
    });

    it('goes on from the block behind the last one read', async () => {
      const rig = await withLost();
      rig.base = 13;
      rig.restart();
      await rig.run(14);
      expect(rig.altDa.state.challengeOf(keccakCommitment(inputNamed('lost')), 2n)?.status).toBe(
        'expired',
      );
    });

    it('waits while L1 lacks the block that was read last', async () => {
      const rig = await withLost();
      rig.restart();
      await expect(rig.run(11)).rejects.toMatchObject({
        code: 'DERIVE_L1_UNAVAILABLE',
        severity: 'temporary',
      });
      expect(await rig.run(12)).toEqual(['b']);
    });
  });

  describe('on a reorg', () => {
    it('starts over where the next block does not link', async () => {
      const rig = new AltDaRig();
      rig.commit(2, 'a');
      await rig.run(4);
      rig.l1.branches.set(4, 'f');
      rig.l1.challenge(5, A, 2);
      expect(await rig.run(9)).toEqual(['a']);
      expect([rig.resets, rig.counts.active]).toEqual([1, 1]);
    });

    it('starts over where that is seen ahead, and at the block that was read ahead', async () => {
      const rig = new AltDaRig();
      rig.batch(2, Uint8Array.of(1, ...Buffer.from(A.encoded.slice(2), 'hex')));
      rig.l1.challenge(4, A, 2);
      await expect(rig.run(6)).rejects.toMatchObject({ code: 'DERIVE_DA_INPUT_MISSING' });
      // The challenge is gone with its block, seen where the next one does not link.
      rig.l1.branches.set(4, 'f');
      rig.l1.head = 7;
      await expect(rig.step()).rejects.toMatchObject({
        code: 'DERIVE_L1_REORG',
        severity: 'reset',
      });
      rig.restart();
      await expect(rig.run(8)).rejects.toMatchObject({ fields: { challenge: 'none' } });
      // Read ahead to 8, whose branch is left while derivation goes on: seen where it comes to 8.
      rig.server.hold(inputNamed('a'));
      rig.l1.branches.set(6, 'e');
      await expect(
        (async () => {
          while (!(await rig.step()));
        })(),
      ).rejects.toMatchObject({ code: 'DERIVE_L1_REORG' });
      expect(rig.at).toBe(8);
      rig.restart();
      expect(await rig.run(9)).toEqual(['a']);
    });

    it('looks nowhere before it has read a block', async () => {
      const rig = new AltDaRig();
      expect(await rig.altDa.challenges.lookAhead(NEVER)).toBe(false);
    });
  });
});
