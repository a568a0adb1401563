import { describe, expect, it } from 'vitest';
import { AltDaRig, inputNamed, keccakCommitment } from '../../../support/altDaRig.js';

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
