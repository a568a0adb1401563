import { describe, expect, it } from 'vitest';
import { AltDaRig, inputNamed, keccakCommitment } from '../../../support/altDaRig.js';
import { NEVER } from '../../../support/deriveFakes.js';

const A = keccakCommitment(inputNamed('a'));

describe('what is final', () => {
  it('is a challenge window behind L1 while nothing waits for its end', async () => {
    const rig = new AltDaRig();
    await rig.run(30);
    expect(rig.altDa.finalTo(25n)).toEqual({ kind: 'number', number: 15n });
    expect(rig.altDa.finalTo(10n)).toEqual({ kind: 'number', number: 0n });
    expect(rig.altDa.finalTo(9n)).toBeNull();
  });

  it('is the block of the last commitment whose windows have ended, for derivation and on L1', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.commit(5, 'b');
    await rig.run(11);
    expect(rig.altDa.finalTo(1000n)).toBeNull();
    await rig.run(12);
    expect(rig.altDa.finalTo(11n)).toBeNull();
    expect(rig.altDa.finalTo(12n)).toEqual({ kind: 'block', block: rig.l1.block(2) });
    await rig.run(20);
    expect(rig.altDa.finalTo(14n)).toEqual({ kind: 'block', block: rig.l1.block(2) });
    expect(rig.altDa.finalTo(15n)).toEqual({ kind: 'block', block: rig.l1.block(5) });
    expect(rig.altDa.finalTo(20n)).toEqual({ kind: 'number', number: 10n });
  });

  it('waits for a challenge to be resolved, and for its window to end', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(11, A, 2);
    rig.l1.resolve(12, A, 2, inputNamed('a'));
    await rig.run(15);
    expect(rig.altDa.finalTo(15n)).toBeNull();
    await rig.run(16);
    expect(rig.altDa.finalTo(16n)).toEqual({ kind: 'block', block: rig.l1.block(2) });
  });

  it('waits for a lost input until L1 has finalized the end of its challenge', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(4, A, 2);
    await rig.run(12);
    expect(rig.texts).toEqual([]);
    expect(rig.altDa.finalTo(8n)).toBeNull();
    // The challenge is final: nothing waits any more.
    expect(rig.altDa.finalTo(9n)).toBeNull();
    expect(rig.altDa.finalTo(10n)).toEqual({ kind: 'number', number: 0n });
    rig.restart();
    expect(await rig.run(30)).toEqual([]);
    expect(rig.resets).toBe(1);
  });

  it('forgets what became of challenges far behind, and not before', async () => {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    rig.l1.challenge(4, A, 2);
    // Twice the sequencing window and both windows, and a channel timeout, behind the end of the challenge.
    const memory = 2 * (20 + 15) + 60;
    await rig.run(9 + memory);
    expect(rig.altDa.state.challengeOf(A, 2n)?.status).toBe('expired');
    await rig.run(10 + memory);
    expect(rig.altDa.state.challengeOf(A, 2n)).toBeNull();
  });
});

describe('settling ahead', () => {
  async function used(): Promise<AltDaRig> {
    const rig = new AltDaRig();
    rig.commit(2, 'a');
    while (rig.texts.length === 0) {
      rig.l1.head = rig.at + 1;
      await rig.step();
    }
    rig.l1.head = 40;
    return rig;
  }

  it('says what was used and is lost, as far as L1 knows', async () => {
    const rig = await used();
    rig.l1.challenge(8, A, 2);
    await expect(rig.source.settleAhead(NEVER)).rejects.toMatchObject({
      code: 'DERIVE_DA_CHALLENGE_EXPIRED',
      severity: 'reset',
    });
    rig.restart();
    expect(await rig.run(40)).toEqual([]);
    expect(rig.resets).toBe(0);
  });

  it('is content with what is resolved, or not challenged, and reads no further than the windows', async () => {
    const rig = await used();
    rig.l1.challenge(8, A, 2);
    rig.l1.resolve(9, A, 2, inputNamed('a'));
    await rig.source.settleAhead(NEVER);
    expect(rig.altDa.challenges.readTo?.number).toBe(17n);
    const short = await used();
    short.l1.head = 6;
    await short.source.settleAhead(NEVER);
    expect(short.altDa.challenges.readTo?.number).toBe(6n);
  });
});
