import type { SingularBatch } from '../../src/derive/codec/batch.js';
import type { Frame } from '../../src/derive/codec/frame.js';
import type { DeriveObserver } from '../../src/derive/ports.js';
import { SILENT_OBSERVER } from '../../src/derive/ports.js';
import type { Pull } from '../../src/derive/stages/pull.js';
import type { ForkTimes, RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_HASH } from '../../src/types/block.js';
import type { DerivedAttributes } from '../../src/types/payload.js';

/** A signal that is never aborted. */
export const NEVER = new AbortController().signal;

/** Every fork from the first second on; blocks of 2 seconds, an L2 genesis at time 1000 on L1 block 10. */
export function deriveConfig(changes: Partial<RollupConfig> = {}): RollupConfig {
  return {
    genesis: {
      l1: { hash: numberedHash(10, 'a'), number: 10n },
      l2: { hash: numberedHash(0, 'b'), number: 0n },
      l2Time: 1000n,
      systemConfig: {
        batcherAddr: `0x${'11'.repeat(20)}`,
        overhead: ZERO_HASH,
        scalar: ZERO_HASH,
        gasLimit: 30_000_000n,
        eip1559Params: '0x0000000000000000',
        operatorFeeParams: ZERO_HASH,
        minBaseFee: 0n,
        daFootprintGasScalar: 0,
      },
    },
    blockTime: 2n,
    maxSequencerDrift: 600n,
    seqWindowSize: 20n,
    channelTimeout: 60n,
    l1ChainId: 900n,
    l2ChainId: 901n,
    forks: UP_TO_JOVIAN,
    batchInboxAddress: `0x${'ff'.repeat(20)}`,
    depositContractAddress: `0x${'dd'.repeat(20)}`,
    l1SystemConfigAddress: `0x${'cc'.repeat(20)}`,
    altDa: null,
    chainOpConfig: null,
    keepKarstUpgradeGas: false,
    ...changes,
  };
}

export const UP_TO_JOVIAN: ForkTimes = {
  regolith: 0n,
  canyon: 0n,
  delta: 0n,
  ecotone: 0n,
  fjord: 0n,
  granite: 0n,
  holocene: 0n,
  isthmus: 0n,
  jovian: 0n,
};

/** All forks before the named one. */
export function forksBefore(fork: keyof ForkTimes): ForkTimes {
  const names = Object.keys(UP_TO_JOVIAN);
  return Object.fromEntries(names.slice(0, names.indexOf(fork)).map((name) => [name, 0n]));
}

export function numberedHash(number: number | bigint, chain: string): Hash {
  return `0x${chain}${BigInt(number).toString(16).padStart(63, '0')}`;
}

/** L1 block `number` of a chain, 12 seconds apart; block 10 is at time 1000. */
export function l1Block(number: number | bigint, changes: Partial<L1BlockRef> = {}): L1BlockRef {
  return {
    hash: numberedHash(number, 'a'),
    number: BigInt(number),
    parentHash: numberedHash(BigInt(number) - 1n, 'a'),
    timestamp: 1000n + (BigInt(number) - 10n) * 12n,
    ...changes,
  };
}

/** L2 block `number`, 2 seconds apart, with six blocks to an L1 origin. */
export function l2Block(number: number, changes: Partial<L2BlockRef> = {}): L2BlockRef {
  const origin = l1Block(10 + Math.floor(number / 6));
  return {
    hash: numberedHash(number, 'b'),
    number: BigInt(number),
    parentHash: numberedHash(number - 1, 'b'),
    timestamp: 1000n + 2n * BigInt(number),
    l1Origin: { hash: origin.hash, number: origin.number },
    sequenceNumber: BigInt(number % 6),
    ...changes,
  };
}

/** Attributes of the block after `parent`, last of their batch unless said otherwise. */
export function derivedAttributes(
  parent: L2BlockRef,
  derivedFrom: L1BlockRef,
  concluding = true,
): DerivedAttributes {
  return {
    parent,
    derivedFrom,
    concluding,
    attributes: {
      timestamp: parent.timestamp + 2n,
      prevRandao: ZERO_HASH,
      suggestedFeeRecipient: `0x${'42'.repeat(20)}`,
      transactions: ['0x7e'],
      noTxPool: true,
      gasLimit: 30_000_000n,
    },
  };
}

export function frameOf(channelId: string, number: number, isLast = false, size = 1): Frame {
  return { channelId, number, data: new Uint8Array(size).fill(number), isLast };
}

/** A stage before the one under test: hands out what is queued, then `outOfData`. */
export class FakeProvider<T> {
  origin: L1BlockRef = l1Block(10);
  readonly queue: Pull<T>[] = [];
  flushed = 0;

  push(...values: readonly Pull<T>[]): this {
    this.queue.push(...values);
    return this;
  }

  private next = async (): Promise<Pull<T>> => this.queue.shift() ?? 'outOfData';
  readonly nextData = this.next;
  readonly nextFrame = this.next;
  readonly nextChannel = this.next;
  readonly nextBatch = this.next;
  /** Nothing can be told ahead, unless the test says so. */
  peek: (parent?: L2BlockRef) => SingularBatch | null = () => null;

  flush(): void {
    this.flushed++;
  }
}

/** Remembers what was noted, and what was dropped and why. */
export class RecordingObserver implements DeriveObserver {
  readonly drops: string[] = [];
  readonly notes: {
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[] = [];
  timedOut = 0;
  readonly channelInputBytes = SILENT_OBSERVER.channelInputBytes;
  readonly headChannelOpened = SILENT_OBSERVER.headChannelOpened;
  readonly frameAdded = SILENT_OBSERVER.frameAdded;
  readonly batchDerived = SILENT_OBSERVER.batchDerived;

  channelTimedOut(): void {
    this.timedOut++;
  }

  noted(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.notes.push({ message, fields });
  }

  dropped(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.drops.push(fields.why === undefined ? message : `${message}: ${String(fields.why)}`);
  }
}
