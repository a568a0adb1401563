import { beforeEach, describe, expect, it } from 'vitest';
import { L1Prefetcher } from '../../../../src/derive/actors/l1Prefetcher.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { hexToBytes } from '../../../../src/rollup/bytes.js';
import { encodeRlpList, encodeRlpString } from '../../../../src/rollup/rlp.js';
import type { Watch } from '../../../../src/runtime/watch.js';
import type { Hash, L1BlockRef } from '../../../../src/types/block.js';
import type { L1Transaction } from '../../../../src/types/l1Block.js';
import type { L1Labels } from '../../../../src/types/l1Heads.js';
import { commitmentData, genericCommitment } from '../../../support/altDaRig.js';
import { l1Labels } from '../../../support/deriveEngine.js';
import { deriveConfig, l1Block, NEVER, numberedHash } from '../../../support/deriveFakes.js';
import { expectWaits } from '../../../support/expectWaits.js';
import { rejection, until } from '../../../support/until.js';

const BLOB_BYTES = 131_072;

/** A made L1 with one blob transaction to the inbox in every block; counts what is asked. */
class CountingL1 {
  head = 100n;
  readonly forks = new Map<bigint, L1BlockRef>();
  readonly asked: string[] = [];
  transactions: readonly L1Transaction[] | null = [];
  underway = 0;
  most = 0;
  fails = false;

  async l1BlockRefByNumber(number: bigint): Promise<L1BlockRef | null> {
    this.note(`number ${number}`);
    return number > this.head ? null : (this.forks.get(number) ?? l1Block(number));
  }
  async l1BlockRefByHash(hash: Hash): Promise<L1BlockRef | null> {
    this.note(`hash ${hash}`);
    return l1Block(10);
  }
  async l1InfoByHash(hash: Hash) {
    this.note(`info ${hash}`);
    return null;
  }
  async l1ReceiptsByHash(hash: Hash) {
    this.note(`receipts ${numberOf(hash)}`);
    return [];
  }
  async l1TransactionsByHash(hash: Hash) {
    this.note(`transactions ${numberOf(hash)}`);
    this.underway += 1;
    this.most = Math.max(this.most, this.underway);
    await new Promise((resolve) => setImmediate(resolve));
    this.underway -= 1;
    if (this.fails) throw new NodeError('TRANSPORT_FAILED', 'down', { severity: 'temporary' });
    return this.transactions;
  }
  async blobsByHash(block: L1BlockRef, hashes: readonly Hash[]) {
    this.note(`blobs ${block.number}`);
    return hashes.map(() => new Uint8Array(BLOB_BYTES).fill(Number(block.number)));
  }

  count(what: string): number {
    return this.asked.filter((asked) => asked.startsWith(what)).length;
  }
  private note(what: string): void {
    this.asked.push(what);
  }
}

function numberOf(hash: Hash): bigint {
  return BigInt(`0x${hash.slice(3)}`);
}

const BLOB_HASH = numberedHash(1, '0');

/** Type 3, chain 900, to the inbox, one blob hash; the signature is of nobody. */
function blobTransaction(): L1Transaction {
  const { batchInboxAddress } = deriveConfig();
  // [chainId 900, 0, 0, 0, 0, inbox, 0, '', [], 0, [hash], 0, 1, 1]
  const fields = `820384${'80'.repeat(4)}94${batchInboxAddress.slice(2)}8080c080e1a0${BLOB_HASH.slice(2)}800101`;
  const length = fields.length / 2;
  const encoded = hexToBytes(`0x03f8${length.toString(16).padStart(2, '0')}${fields}`);
  if (encoded === null) throw new Error('not hex');
  return { to: batchInboxAddress, encoded };
}

/** Type 2, chain 900, to the inbox, with a commitment; the signature is of nobody. */
function commitmentTransaction(): L1Transaction {
  const { batchInboxAddress } = deriveConfig();
  const data = commitmentData(genericCommitment('a'));
  const fields = [[3, 132], [], [], [], [], hexToBytes(batchInboxAddress) ?? [], [], data];
  const strings = fields.map((field) => encodeRlpString(Uint8Array.from(field)));
  const signature = [[], [1], [1]].map((field) => encodeRlpString(Uint8Array.from(field)));
  const encoded = Uint8Array.of(2, ...encodeRlpList([...strings, encodeRlpList([]), ...signature]));
  return { to: batchInboxAddress, encoded };
}

describe('reading L1 ahead', () => {
  let l1: CountingL1;
  let labels: Watch<L1Labels>;
  let held: { blocks: number; bytes: number };
  let prefetcher: L1Prefetcher;
  /** What was said of inputs. */
  let expected: string[];

  beforeEach(() => make({}));

  function make(
    options: Partial<{ maxBlocks: number; maxBytes: number; concurrency: number }>,
    { hasBeacon = true, hasInputs = false } = {},
  ): void {
    l1 = new CountingL1();
    expected = [];
    labels = l1Labels(l1Block(100), l1Block(20));
    held = { blocks: 0, bytes: 0 };
    prefetcher = new L1Prefetcher(
      { config: deriveConfig(), maxBlocks: 8, maxBytes: 1e9, concurrency: 4, ...options },
      {
        l1,
        blobs: hasBeacon ? l1 : null,
        inputs: hasInputs
          ? {
              expect: (block, commitments) => expected.push(`${block}: ${commitments.length}`),
              forgetBefore: (number) => expected.push(`forget before ${number}`),
            }
          : null,
        labels,
        recordHeld: (blocks, bytes) => Object.assign(held, { blocks, bytes }),
      },
    );
  }

  async function ask(number: bigint): Promise<L1BlockRef | null> {
    return prefetcher.l1BlockRefByNumber(number, NEVER);
  }
  /** A block a step. */
  async function fill(steps = 8): Promise<void> {
    for (let i = 0; i < steps; i += 1) await prefetcher.step(NEVER);
  }

  /** The L1 head is one that does not build on the last. */
  function leaveBranch(): void {
    const head = { ...l1Block(101), parentHash: numberedHash(1, 'f') };
    labels.set({ head, finalized: l1Block(20) });
  }

  it('fetches nothing before derivation has begun', async () => {
    await expectWaits(prefetcher);
    expect(l1.asked).toEqual([]);
  });

  it('fetches the next blocks with all their data, several at a time, up to its bound', async () => {
    await ask(30n);
    await fill();
    expect(held.blocks).toBe(8);
    expect(l1.most).toBe(4);
    expect(l1.count('transactions')).toBe(8);
    expect(l1.count('receipts')).toBe(8);
    await expectWaits(prefetcher);
  });

  it('begins another block for each that is there, though those between wait for their blobs', async () => {
    l1.transactions = [blobTransaction()];
    const blobsAt = l1.blobsByHash.bind(l1);
    l1.blobsByHash = (block, hashes) =>
      block.number === 31n ? blobsAt(block, hashes) : new Promise(() => undefined);
    await ask(30n);
    await fill(1);
    expect(held.blocks).toBe(1);
    void prefetcher.step(NEVER);
    await until(() => l1.asked.includes('receipts 35'));
    expect(l1.asked).not.toContain('number 36');
  });

  it('lets derivation share the look-up of a block that is under way', async () => {
    await ask(30n);
    const filling = fill(1);
    expect(await ask(31n)).toEqual(l1Block(31));
    await filling;
    expect(l1.asked.filter((asked) => asked === 'number 31')).toHaveLength(1);
  });

  it('answers from what it holds, and fetches on as derivation goes on', async () => {
    await ask(30n);
    await fill();
    const before = l1.count('number');
    for (let number = 31n; number <= 34n; number += 1n) {
      expect(await ask(number)).toEqual(l1Block(number));
    }
    expect(l1.count('number')).toBe(before);
    await fill(4);
    expect(l1.asked).toContain('transactions 42');
  });

  it('stops at its bound of bytes', async () => {
    make({ maxBytes: 3 * BLOB_BYTES, concurrency: 1 });
    l1.transactions = [blobTransaction()];
    await ask(30n);
    await fill(3);
    expect(held.blocks).toBe(3);
    expect(held.bytes).toBeGreaterThan(3 * BLOB_BYTES);
    await expectWaits(prefetcher);
  });

  it('tells of the commitments in each block before their inputs are needed', async () => {
    make({ concurrency: 1 }, { hasInputs: true });
    l1.transactions = [commitmentTransaction(), blobTransaction(), commitmentTransaction()];
    await ask(30n);
    await fill(2);
    await ask(31n);
    expect(expected).toEqual(['forget before 30', '31: 2', '32: 2', 'forget before 31']);
  });

  it('does not ask beyond the L1 head', async () => {
    labels.set({ head: l1Block(32), finalized: l1Block(20) });
    l1.head = 32n;
    await ask(30n);
    await fill(2);
    expect(held.blocks).toBe(2);
    await expectWaits(prefetcher);
    expect(l1.asked).not.toContain('number 33');
  });

  it('hands out blobs that it has fetched, once each is fetched only once', async () => {
    l1.transactions = [blobTransaction()];
    await ask(30n);
    await fill(1);
    await ask(31n);
    const before = l1.count('blobs');
    const blobs = await prefetcher.blobsByHash(l1Block(31), [BLOB_HASH], NEVER);
    expect(blobs?.map((blob) => blob[0])).toEqual([31]);
    expect(l1.count('blobs')).toBe(before);
  });

  it('shares a fetch of blobs that is under way', async () => {
    l1.transactions = [blobTransaction()];
    await ask(30n);
    const filling = fill(1);
    await until(() => l1.count('transactions') > 0);
    const blobs = await prefetcher.blobsByHash(l1Block(31), [BLOB_HASH], NEVER);
    await filling;
    expect(blobs?.[0]?.[0]).toBe(31);
    expect(l1.asked.filter((asked) => asked === 'blobs 31')).toHaveLength(1);
  });

  it('asks for blobs that it does not hold', async () => {
    const blobs = await prefetcher.blobsByHash(l1Block(50), [BLOB_HASH], NEVER);
    expect(blobs?.[0]?.[0]).toBe(50);
  });

  it('forgets what is not final when the L1 head does not build on the last one', async () => {
    await ask(17n);
    await fill();
    leaveBranch();
    const before = l1.count('number');
    await ask(18n);
    expect(l1.count('number')).toBe(before);
    for (let number = 19n; number <= 21n; number += 1n) await ask(number);
    expect(l1.asked.slice(-1)).toEqual(['number 21']);
  });

  it('takes nothing that was asked for before the L1 head left its branch', async () => {
    await ask(30n);
    const filling = fill(1);
    await until(() => l1.count('transactions') > 0);
    const other = { ...l1Block(31), hash: numberedHash(31, 'f') };
    l1.forks.set(31n, other);
    leaveBranch();
    await ask(30n);
    await filling;
    expect(await ask(31n)).toEqual(other);
  });

  it('goes on when the L1 head moves', async () => {
    labels.set({ head: l1Block(31), finalized: l1Block(20) });
    await ask(30n);
    await fill(1);
    const waiting = prefetcher.step(NEVER);
    labels.set({ head: l1Block(32), finalized: l1Block(20) });
    await waiting;
    await fill(1);
    expect(l1.asked).toContain('transactions 32');
  });

  it('goes on when derivation does', async () => {
    make({ maxBlocks: 1 });
    await ask(30n);
    await fill(1);
    const waiting = prefetcher.step(NEVER);
    await ask(31n);
    await waiting;
    await fill(1);
    expect(l1.asked).toContain('transactions 32');
  });

  it('waits for a block that L1 lacks below its head', async () => {
    l1.head = 31n;
    await ask(30n);
    await fill(1);
    expect(held.blocks).toBe(1);
    await expectWaits(prefetcher);
  });

  it('holds no block whose transactions L1 does not tell', async () => {
    l1.transactions = null;
    await ask(30n);
    // A failure of its step: tried again with back-off, not as fast as L1 answers.
    expect(await rejection(prefetcher.step(NEVER))).toMatchObject({
      code: 'DERIVE_L1_UNAVAILABLE',
      severity: 'temporary',
    });
    expect(held.blocks).toBe(0);
  });

  it('ends a wait for blobs at once when who asks is stopped, though their fetch goes on', async () => {
    l1.transactions = [blobTransaction()];
    l1.blobsByHash = () => new Promise(() => undefined);
    await ask(30n);
    void prefetcher.step(NEVER);
    await until(() => l1.count('receipts') > 0);
    const stop = new AbortController();
    const asking = rejection(prefetcher.blobsByHash(l1Block(31), [BLOB_HASH], stop.signal));
    stop.abort();
    expect(await asking).toMatchObject({ code: 'ABORTED' });
  });

  it('keeps the blobs of a block that derivation has come to by itself', async () => {
    l1.transactions = [blobTransaction()];
    await ask(30n);
    const filling = fill(1);
    await until(() => l1.count('transactions') > 0);
    await ask(31n);
    await filling;
    expect((await prefetcher.blobsByHash(l1Block(31), [BLOB_HASH], NEVER))?.[0]?.[0]).toBe(31);
    expect(l1.asked.filter((asked) => asked === 'blobs 31')).toHaveLength(1);
    expect(await ask(32n)).toEqual(l1Block(32));
    expect(l1.asked.filter((asked) => asked === 'number 32')).toHaveLength(1);
  });

  it('asks for no blobs where the inbox gets none', async () => {
    l1.transactions = [{ ...blobTransaction(), to: `0x${'12'.repeat(20)}` }];
    await ask(30n);
    await fill(4);
    expect(held).toEqual({ blocks: 4, bytes: 0 });
    expect(l1.count('blobs')).toBe(0);
  });

  it('reads ahead without a beacon', async () => {
    make({}, { hasBeacon: false });
    l1.transactions = [blobTransaction()];
    await ask(30n);
    await fill(4);
    expect(held.blocks).toBe(4);
  });

  it('keeps what it holds when the L1 head moves on', async () => {
    await ask(30n);
    await fill();
    labels.set({ head: l1Block(101), finalized: l1Block(20) });
    const before = l1.count('number');
    await ask(31n);
    expect(l1.count('number')).toBe(before);
  });

  it('answers nothing that does not link to the block before', async () => {
    await ask(30n);
    await fill();
    expect(await ask(28n)).toEqual(l1Block(28));
    const before = l1.count('number');
    expect(await ask(31n)).toEqual(l1Block(31));
    expect(l1.count('number')).toBe(before + 1);
  });

  it('takes no block of another chain', async () => {
    await ask(30n);
    l1.forks.set(32n, { ...l1Block(32), parentHash: numberedHash(9, 'f') });
    await fill(1);
    expect(held.blocks).toBe(1);
  });

  it('lets a failure of L1 leave the step, and goes on after it', async () => {
    await ask(30n);
    l1.fails = true;
    expect(await rejection(prefetcher.step(NEVER))).toMatchObject({ severity: 'temporary' });
    l1.fails = false;
    await fill(4);
    expect(held.blocks).toBe(4);
  });

  it('passes on what is asked by hash', async () => {
    await prefetcher.l1BlockRefByHash(numberedHash(5, 'a'), NEVER);
    await prefetcher.l1InfoByHash(numberedHash(5, 'a'), NEVER);
    await prefetcher.l1ReceiptsByHash(numberedHash(5, 'a'), NEVER);
    await prefetcher.l1TransactionsByHash(numberedHash(5, 'a'), NEVER);
    expect(l1.asked.map((asked) => asked.split(' ')[0])).toEqual([
      'hash',
      'info',
      'receipts',
      'transactions',
    ]);
  });
});
