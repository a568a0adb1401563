import { describe, expect, it } from 'vitest';
import {
  AltDaRig,
  altDaConfig,
  commitmentData,
  genericCommitment,
  inputNamed,
} from '../../../support/altDaRig.js';
import { NEVER } from '../../../support/deriveFakes.js';

const EXPIRED = { code: 'DERIVE_DA_CHALLENGE_EXPIRED', severity: 'reset' };

/** Derivation stands at L1 block 3, the commitment of block 2 used. L1 is at 30. */
async function used() {
  const rig = new AltDaRig();
  const commitment = rig.commit(2, 'a');
  rig.commit(3, 'b');
  await rig.run(3);
  rig.l1.head = 30;
  return { rig, commitment };
}

describe('AltDaSource.settleAhead', () => {
  it('finds what is lost in blocks that derivation has not come to, and it is passed over then', async () => {
    const { rig, commitment } = await used();
    rig.l1.challenge(6, commitment, 2);
    await expect(rig.source.settleAhead(NEVER)).rejects.toMatchObject(EXPIRED);
    rig.restart();
    expect(await rig.run(30)).toEqual(['b']);
    expect(rig.resets).toBe(0);
  });

  it('says so again while nothing has started over', async () => {
    const { rig, commitment } = await used();
    rig.l1.challenge(6, commitment, 2);
    await expect(rig.source.settleAhead(NEVER)).rejects.toMatchObject(EXPIRED);
    await expect(rig.source.settleAhead(NEVER)).rejects.toMatchObject(EXPIRED);
  });

  it('reads no further than both windows, and once', async () => {
    const { rig } = await used();
    await rig.source.settleAhead(NEVER);
    expect(rig.heads.at(-1)).toBe('latest 18');
    const { length } = rig.l1.asked;
    await rig.source.settleAhead(NEVER);
    expect(rig.l1.asked).toHaveLength(length);
  });

  it('is content with what is resolved, and derives on as without', async () => {
    const { rig, commitment } = await used();
    rig.l1.challenge(6, commitment, 2);
    rig.l1.resolve(11, commitment, 2, inputNamed('a'));
    await rig.source.settleAhead(NEVER);
    expect(await rig.run(30)).toEqual(['a', 'b']);
    expect(rig.resets).toBe(0);
  });

  it('goes by what L1 has where it ends within the windows', async () => {
    const { rig, commitment } = await used();
    rig.l1.challenge(6, commitment, 2);
    rig.l1.head = 10;
    await rig.source.settleAhead(NEVER);
    rig.l1.head = 11;
    await expect(rig.source.settleAhead(NEVER)).rejects.toMatchObject(EXPIRED);
  });

  it('has nothing to read for generic commitments', async () => {
    const rig = new AltDaRig({ altDa: altDaConfig({ daCommitmentType: 'GenericCommitment' }) });
    rig.batch(2, commitmentData(rig.server.hold(inputNamed('a'), genericCommitment('a'))));
    await rig.run(3);
    rig.l1.head = 30;
    const { length } = rig.l1.asked;
    await rig.source.settleAhead(NEVER);
    expect(rig.l1.asked).toHaveLength(length);
  });
});
