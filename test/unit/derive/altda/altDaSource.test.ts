import { describe, expect, it } from 'vitest';
import { MAX_KECCAK_INPUT_BYTES } from '../../../../src/derive/altda/commitment.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import {
  AltDaRig,
  altDaConfig,
  commitmentData,
  genericCommitment,
  inputNamed,
  keccakCommitment,
} from '../../../support/altDaRig.js';

const DOWN = new NodeError('TRANSPORT_FAILED', 'endpoint could not be reached or broke off', {
  severity: 'temporary',
  fields: { endpoint: 'http://da:3100' },
});

describe('AltDaSource', () => {
  it('puts inputs in the place of commitments, in order, and lets other data pass', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.batch(2, inputNamed('plain'));
    rig.commit(2, 'b');
    rig.commit(4, 'c');
    expect(await rig.run(5)).toEqual(['a', 'plain', 'b', 'c']);
    expect(rig.outputs.map(({ block }) => block)).toEqual([2, 2, 2, 4]);
    expect(rig.heads.at(-1)).toBe('latest 5');
  });

  it('passes over what begins as a commitment and is none, and commitments of the other kind', async () => {
    const rig = new AltDaRig();
    const generic = genericCommitment('elsewhere');
    rig.server.hold(inputNamed('x'), generic);
    rig.batch(2, Uint8Array.of(1), Uint8Array.of(1, 9, 9), Uint8Array.of(1, 0, 7));
    rig.batch(2, commitmentData(generic));
    rig.commit(2, 'a');
    expect(await rig.run(3)).toEqual(['a']);
    expect(rig.observer.drops).toEqual([
      ...Array<string>(3).fill('invalid commitment'),
      'commitment mismatch, skipping batch',
    ]);
    expect(rig.server.asked).toHaveLength(1);
  });

  it('takes inputs up to the largest that can be challenged, and passes over larger ones', async () => {
    const rig = new AltDaRig();
    const inputs = [0, 1].map((more) => new Uint8Array(MAX_KECCAK_INPUT_BYTES + more).fill(32));
    for (const input of inputs) rig.batch(2, commitmentData(rig.server.hold(input)));
    expect((await rig.run(3)).map(({ length }) => length)).toEqual([MAX_KECCAK_INPUT_BYTES]);
    expect(rig.observer.drops).toEqual(['input data exceeds max size']);
  });

  it('knows no largest input of a generic commitment', async () => {
    const rig = new AltDaRig({ altDa: altDaConfig({ daCommitmentType: 'GenericCommitment' }) });
    const input = new Uint8Array(MAX_KECCAK_INPUT_BYTES + 1).fill(32);
    rig.batch(2, commitmentData(rig.server.hold(input, genericCommitment('a'))));
    expect((await rig.run(3)).map(({ length }) => length)).toEqual([input.length]);
  });

  it('derives on with a commitment that is challenged and resolved, from L1 where the server lacks it', async () => {
    const rig = new AltDaRig();
    const commitment = rig.commit(2, 'a');
    rig.l1.challenge(4, commitment, 2);
    rig.l1.resolve(6, commitment, 2, inputNamed('a'));
    rig.commit(7, 'b');
    expect(await rig.run(30)).toEqual(['a', 'b']);
    expect([rig.resets, rig.counts]).toEqual([0, { active: 1, resolved: 1, expired: 0 }]);
    rig.restart();
    rig.server.inputs.delete(commitment.encoded);
    expect(await rig.run(30)).toEqual(['a', 'b']);
    expect(rig.l1.asked.filter((what) => what === 'transactions 6')).toHaveLength(2);
  });

  it('does not ask the server for what was resolved on L1', async () => {
    const rig = new AltDaRig();
    const commitment = rig.commit(2, 'a');
    rig.l1.challenge(2, commitment, 2);
    rig.l1.resolve(2, commitment, 2, inputNamed('a'));
    rig.server.failure = DOWN;
    expect(await rig.run(3)).toEqual(['a']);
    expect(rig.server.asked).toEqual([]);
  });

  it('starts over without an input that was used once its challenge has expired', async () => {
    const rig = new AltDaRig();
    const commitment = rig.commit(2, 'lost');
    rig.commit(3, 'b');
    rig.l1.challenge(6, commitment, 2);
    expect(await rig.run(10)).toEqual(['lost', 'b']);
    expect(rig.resets).toBe(0);
    expect(await rig.run(11)).toEqual(['b']);
    expect([rig.resets, rig.counts.expired]).toEqual([1, 1]);
    expect(rig.observer.drops).toEqual(['challenge expired, skipping batch']);
    expect(await rig.run(40)).toEqual(['b']);
    expect(rig.resets).toBe(1);
  });

  it('says what was lost, as a reset', async () => {
    const rig = new AltDaRig();
    rig.l1.challenge(3, rig.commit(2, 'lost'), 2);
    await rig.run(7);
    rig.l1.head = 8;
    expect(await rig.step()).toBe(false);
    await expect(rig.step()).rejects.toMatchObject({
      code: 'DERIVE_DA_CHALLENGE_EXPIRED',
      severity: 'reset',
      fields: { comm: keccakCommitment(inputNamed('lost')).encoded },
    });
  });

  it('waits with a lost commitment for one before it whose challenge is open', async () => {
    const rig = new AltDaRig();
    const [a, b] = [rig.commit(2, 'a'), rig.commit(3, 'b')];
    rig.l1.challenge(4, b, 3);
    rig.l1.challenge(7, a, 2);
    expect(await rig.run(11)).toEqual(['a', 'b']);
    expect(await rig.run(12)).toEqual([]);
    expect(rig.resets).toBe(1);
  });

  describe('where the server lacks an input', () => {
    it('reads challenges ahead, and skips what is lost without starting over', async () => {
      const rig = new AltDaRig();
      const commitment = rig.commit(2, 'lost');
      rig.server.inputs.delete(commitment.encoded);
      rig.commit(3, 'b');
      rig.l1.challenge(6, commitment, 2);
      expect(await rig.run(40)).toEqual(['b']);
      expect(rig.resets).toBe(0);
      expect(rig.observer.drops).toEqual([
        'data not found for the given commitment',
        'challenge expired, skipping batch',
      ]);
      // Asked once: whether it is there does not matter until L1 has nothing more to say.
      expect(rig.server.asked.filter((asked) => asked === commitment.encoded)).toHaveLength(1);
    });

    it('takes it from L1 once it is resolved there', async () => {
      const rig = new AltDaRig();
      const commitment = keccakCommitment(inputNamed('a'));
      rig.batch(2, commitmentData(commitment));
      rig.l1.challenge(6, commitment, 2);
      rig.l1.resolve(9, commitment, 2, inputNamed('a'));
      expect(await rig.run(10)).toEqual(['a']);
      expect(rig.outputs).toEqual([{ block: 2, text: 'a' }]);
    });

    it.each([
      ['nobody challenged it yet', null, 'none'],
      ['its challenge is open', 4, 'active'],
    ] as const)('waits at the head of L1 while %s', async (_, challengedAt, challenge) => {
      const rig = new AltDaRig();
      const commitment = keccakCommitment(inputNamed('a'));
      rig.batch(2, commitmentData(commitment));
      if (challengedAt !== null) rig.l1.challenge(challengedAt, commitment, 2);
      await expect(rig.run(6)).rejects.toMatchObject({
        code: 'DERIVE_DA_INPUT_MISSING',
        severity: 'temporary',
        fields: {
          comm: commitment.encoded,
          challenge,
          challengeWindowEnd: 12n,
          challengesReadTo: 6n,
        },
      });
      rig.server.hold(inputNamed('a'));
      expect(await rig.run(6)).toEqual(['a']);
    });

    it('waits past the challenge window for whatever server has it, and ends nothing', async () => {
      const rig = new AltDaRig();
      const commitment = keccakCommitment(inputNamed('a'));
      rig.batch(2, commitmentData(commitment));
      for (let i = 0; i < 3; i++) {
        await expect(rig.run(60)).rejects.toMatchObject({
          code: 'DERIVE_DA_INPUT_MISSING',
          severity: 'temporary',
          message: 'the DA server does not have an input, and L1 has nothing more to say about it',
        });
      }
      expect(rig.altDa.challenges.readTo?.number).toBe(13n);
      expect(rig.observer.drops).toHaveLength(1);
      rig.server.hold(inputNamed('a'));
      expect(await rig.run(60)).toEqual(['a']);
    });

    it('asks again at once with generic commitments: L1 says nothing of them', async () => {
      const rig = new AltDaRig({ altDa: altDaConfig({ daCommitmentType: 'GenericCommitment' }) });
      const commitment = genericCommitment('a');
      rig.batch(2, commitmentData(commitment));
      await expect(rig.run(60)).rejects.toMatchObject({ code: 'DERIVE_DA_INPUT_MISSING' });
      expect(rig.l1.asked).toEqual([]);
      rig.server.hold(inputNamed('a'), commitment);
      expect(await rig.run(60)).toEqual(['a']);
      expect(rig.l1.asked.filter((what) => what.startsWith('receipts'))).toEqual([]);
    });
  });

  describe('where the server fails', () => {
    it('waits, and names what is waited for and what came', async () => {
      const rig = new AltDaRig();
      const { encoded } = rig.commit(2, 'a');
      rig.server.failure = DOWN;
      await expect(rig.run(20)).rejects.toMatchObject({
        code: 'DERIVE_DA_INPUT_UNAVAILABLE',
        severity: 'temporary',
        fields: { comm: encoded, endpoint: 'http://da:3100', came: DOWN.message },
        cause: DOWN,
      });
      rig.server.failure = null;
      expect(await rig.run(20)).toEqual(['a']);
    });

    it('names the server also where nothing came of it but that it has none', async () => {
      const rig = new AltDaRig({ endpoint: 'http://da:3100' });
      rig.commit(2, 'a');
      rig.server.inputs.clear();
      const endpoint = 'http://da:3100';
      await expect(rig.run(3)).rejects.toMatchObject({ fields: { endpoint } });
      rig.server.hold(inputNamed('b'), keccakCommitment(inputNamed('a')));
      await expect(rig.run(3)).rejects.toMatchObject({
        fields: { endpoint, came: 'the answer is not the input of the commitment' },
      });
    });

    it('looks one block ahead at each failure, so that L1 may decide', async () => {
      const rig = new AltDaRig();
      const commitment = rig.commit(2, 'lost');
      rig.commit(3, 'b');
      rig.l1.challenge(4, commitment, 2);
      rig.server.failure = DOWN;
      for (let i = 0; i < 7; i++) await expect(rig.run(30)).rejects.toMatchObject({ cause: DOWN });
      expect(rig.altDa.challenges.readTo?.number).toBe(9n);
      rig.server.failure = null;
      expect(await rig.run(30)).toEqual(['b']);
      expect(rig.resets).toBe(0);
    });

    it('reads no further than L1 may say something', async () => {
      const rig = new AltDaRig();
      rig.commit(2, 'a');
      rig.server.failure = DOWN;
      for (let i = 0; i < 30; i++) await expect(rig.run(50)).rejects.toMatchObject({ cause: DOWN });
      expect(rig.altDa.challenges.readTo?.number).toBe(13n);
    });

    it('refuses another input than committed to, unless it is told not to look', async () => {
      const rig = new AltDaRig();
      const commitment = rig.commit(2, 'a');
      rig.server.inputs.set(commitment.encoded, inputNamed('lie'));
      await expect(rig.run(3)).rejects.toMatchObject({
        code: 'DERIVE_DA_INPUT_UNAVAILABLE',
        severity: 'temporary',
        cause: { code: 'DERIVE_DA_INPUT_MISMATCH' },
      });
      const trusting = new AltDaRig({ verifyOnRead: false });
      trusting.batch(2, commitmentData(trusting.server.hold(inputNamed('lie'), commitment)));
      expect(await trusting.run(3)).toEqual(['lie']);
    });

    it('waits where no server is configured, and says which setting names one', async () => {
      const rig = new AltDaRig({ hasServer: false });
      rig.batch(2, inputNamed('plain'));
      rig.commit(2, 'a');
      await expect(rig.run(3)).rejects.toMatchObject({
        code: 'DERIVE_NO_DA_SERVER',
        severity: 'temporary',
      });
      expect(rig.texts).toEqual(['plain']);
    });
  });

  it('counts the same commitment in one block twice, and what was used of it', async () => {
    const rig = new AltDaRig();
    const commitment = rig.commit(2, 'a');
    rig.batch(2, commitmentData(commitment));
    rig.l1.challenge(3, commitment, 2);
    rig.l1.head = 3;
    while (rig.texts.length === 0) await rig.step();
    rig.server.inputs.clear();
    await expect(rig.run(7)).rejects.toMatchObject({ code: 'DERIVE_DA_INPUT_MISSING' });
    expect(rig.texts).toEqual(['a']);
    // The second was waited for until it was lost; the first was used, and is gone as well.
    expect(await rig.run(8)).toEqual([]);
    expect(rig.resets).toBe(1);
  });
});
