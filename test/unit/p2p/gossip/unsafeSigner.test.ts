import { describe, expect, it } from 'vitest';
import { SignerWatcher } from '../../../../src/p2p/gossip/signerWatcher.js';
import { UnsafeSigner } from '../../../../src/p2p/gossip/unsafeSigner.js';
import type { Address } from '../../../../src/types/block.js';
import { NEVER } from '../../../support/deriveFakes.js';
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

describe('the watcher of the signer', () => {
  function watched(reloadIntervalMs: number) {
    const clock = new FakeClock();
    const answers: (Address | Error)[] = [];
    const signers: Address[] = [];
    const unsafeBlockSigner = async (): Promise<Address> => {
      const next = answers.shift() ?? A;
      if (next instanceof Error) throw next;
      return next;
    };
    const watcher = new SignerWatcher(
      { reloadIntervalMs },
      { clock, source: { unsafeBlockSigner }, onSigner: (address) => signers.push(address) },
    );
    return { clock, answers, signers, watcher };
  }

  it('reads at once, then at its interval', async () => {
    const { watcher, clock, signers, answers } = watched(1000);
    answers.push(A, B);
    await watcher.step(NEVER);
    const second = watcher.step(NEVER);
    await clock.advance(999);
    expect(signers).toEqual([A]);
    await clock.advance(1);
    await second;
    expect(signers).toEqual([A, B]);
  });

  it('leaves it to its runner to try again', async () => {
    const { watcher, signers, answers } = watched(1000);
    answers.push(new Error('no L1'), C);
    await expect(watcher.step(NEVER)).rejects.toThrow('no L1');
    await watcher.step(NEVER);
    expect(signers).toEqual([C]);
  });

  it('reads once with an interval of 0', async () => {
    const { watcher, clock, signers } = watched(0);
    const stop = new AbortController();
    await watcher.step(stop.signal);
    const second = watcher.step(stop.signal);
    await clock.advance(1_000_000_000);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
    expect(signers).toEqual([A]);
  });
});
