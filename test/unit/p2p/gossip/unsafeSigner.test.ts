import { describe, expect, it } from 'vitest';
import { UnsafeSigner } from '../../../../src/p2p/gossip/unsafeSigner.js';
import type { Address } from '../../../../src/types/block.js';
import { FakeClock } from '../../../support/fakeClock.js';

const [A, B, C] = ['aa', 'bb', 'cc'].map((byte): Address => `0x${byte.repeat(20)}`) as [
  Address,
  Address,
  Address,
];
const GRACE_MS = 3 * 3600 * 1000;

function rig() {
  const clock = new FakeClock();
  return { clock, signer: new UnsafeSigner(clock) };
}

describe('who may sign', () => {
  it('nobody before L1 has said so, nor when it names the zero address', () => {
    const { signer } = rig();
    const zero: Address = `0x${'00'.repeat(20)}`;
    expect(signer.isKnown).toBe(false);
    expect(signer.accept(zero)).toBe(false);
    signer.set(A);
    signer.set(zero);
    expect(signer.isKnown).toBe(false);
    expect(signer.accept(A)).toBe(false);
  });

  it('the first one at once, without a grace time for anybody', () => {
    const { signer } = rig();
    signer.set(A);
    expect([signer.address, signer.accept(A), signer.accept(B)]).toEqual([A, true, false]);
  });

  it('the one before for three hours', async () => {
    const { signer, clock } = rig();
    signer.set(A);
    signer.set(B);
    expect(signer.accept(A)).toBe(true);
    await clock.advance(GRACE_MS);
    expect(signer.accept(A)).toBe(true);
    await clock.advance(1);
    expect(signer.accept(A)).toBe(false);
    expect(signer.accept(B)).toBe(true);
  });

  it('the one before no longer once the new one has signed', () => {
    const { signer } = rig();
    signer.set(A);
    signer.set(B);
    expect([signer.accept(A), signer.accept(B), signer.accept(A)]).toEqual([true, true, false]);
  });

  it('never the one before the one before', () => {
    const { signer } = rig();
    for (const address of [A, B, C]) signer.set(address);
    expect([signer.accept(A), signer.accept(B)]).toEqual([false, true]);
  });

  it('the one before, for as long as if nothing had been read again', async () => {
    const { signer, clock } = rig();
    signer.set(A);
    signer.set(B);
    await clock.advance(GRACE_MS);
    signer.set(B);
    await clock.advance(1);
    expect(signer.accept(A)).toBe(false);
  });
});
