import { describe, expect, it } from 'vitest';
import { encodeChannel } from '../../../../devnet/batcher/channels.js';
import { encodeSingularBatch } from '../../../../devnet/batcher/singularBatch.js';
import { encodeSpanBatch } from '../../../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../../../src/derive/codec/batch.js';
import { AttributesQueue } from '../../../../src/derive/stages/attributesQueue.js';
import { BatchQueue } from '../../../../src/derive/stages/batchQueue.js';
import { ChannelReader } from '../../../../src/derive/stages/channelReader.js';
import { StrictBatchStage } from '../../../../src/derive/stages/strictBatchStage.js';
import { toNodeError } from '../../../../src/errors/nodeError.js';
import type { BlockId, L2BlockRef } from '../../../../src/types/block.js';
import { ZERO_HASH } from '../../../../src/types/block.js';
import type { PayloadAttributes } from '../../../../src/types/payload.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  l1Block,
  l2Block,
  NEVER,
  numberedHash,
  RecordingObserver,
} from '../../../support/deriveFakes.js';
import { l2Payload, legacyTx } from '../../../support/deriveL2.js';
import { singularOf } from '../../../support/deriveStageRig.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { NO_TURN } from '../../../support/sliced.js';

type Kind = 'queue' | 'strict';
type Random = () => number;

const FIRST_L1 = 10;
const LAST_L1 = 50;
/** For some two seconds in all. */
const SEEDS = 4;

const int = (random: Random, below: number): number => Math.floor(random() * below);

/** Mostly the block that is next, sometimes another, or one that no rule accepts. */
function batchOf(random: Random, number: number, isInSpan: boolean): SingularBatch {
  const transactions = Array.from({ length: int(random, 3) }, () =>
    legacyTx(Uint8Array.of(int(random, 99))),
  );
  const batch = singularOf(number, { transactions });
  switch (isInSpan ? null : int(random, 24)) {
    case 0:
      return { ...batch, parentHash: numberedHash(number, 'c') };
    case 1:
      return { ...batch, timestamp: batch.timestamp + 2n };
    case 2:
      return { ...batch, epochNumber: batch.epochNumber + 2n };
    case 3:
      return { ...batch, epochHash: numberedHash(number, 'd') };
    default:
      return batch;
  }
}

/** A channel of what comes after that block, with a little of what came before or is missing. */
function channelFrom(random: Random, next: number): Uint8Array {
  const batches: Uint8Array[] = [];
  let number = Math.max(1, next + (int(random, 8) === 0 ? int(random, 5) - 2 : 0));
  for (let left = 1 + int(random, 3); left > 0; left -= 1) {
    const isSpan = random() < 0.4;
    const blocks = Array.from({ length: 1 + int(random, 5) }, (_, at) =>
      batchOf(random, number + at, isSpan && at > 0),
    );
    if (isSpan) batches.push(encodeSpanBatch(blocks, 1000n, false));
    else batches.push(...blocks.map(encodeSingularBatch));
    number += blocks.length;
    if (int(random, 12) === 0) batches.push(Uint8Array.of(int(random, 3), 0xc0));
  }
  return encodeChannel(batches, 'zlib');
}

async function prepare(parent: L2BlockRef, epoch: BlockId): Promise<PayloadAttributes> {
  await Promise.resolve();
  return {
    timestamp: parent.timestamp + 2n,
    prevRandao: epoch.hash,
    suggestedFeeRecipient: `0x${'42'.repeat(20)}`,
    parentBeaconBlockRoot: ZERO_HASH,
    transactions: ['0x7e'],
    noTxPool: true,
    gasLimit: 30_000_000n,
  };
}

function stagesOf(kind: Kind) {
  const forks = kind === 'queue' ? forksBefore('holocene') : deriveConfig().forks;
  const config = deriveConfig({ forks, seqWindowSize: 8n });
  const channels = new FakeProvider<Uint8Array>();
  const observer = new RecordingObserver();
  const reader = new ChannelReader(config, { previous: channels, observer, turn: NO_TURN });
  const l2 = {
    l2BlockRefByNumber: async (number: bigint) => l2Block(Number(number)),
    payloadByNumber: async (number: bigint) =>
      l2Payload(l2Block(Number(number)), undefined, config),
  };
  const deps = { previous: reader, l2, observer, turn: NO_TURN };
  const batches =
    kind === 'queue' ? new BatchQueue(config, deps) : new StrictBatchStage(config, deps);
  const attributes = new AttributesQueue(config, {
    previous: {
      get origin() {
        return channels.origin;
      },
      nextBatch: (parent, signal) => batches.nextBatch(parent, signal),
      peek: (parent) => batches.peek(parent),
      flush: () => batches.flush(),
    },
    builder: { prepare },
    turn: NO_TURN,
  });
  return { channels, observer, reader, batches, attributes };
}

/** All that is derived by stages that the engine accepts, refuses and resets at random; `looks` decides when one looks ahead. */
async function derive(kind: Kind, seed: number, looks: Random) {
  const random = seededRandom(seed);
  const posted = new Map<number, readonly Uint8Array[]>();
  const { channels, observer, reader, batches, attributes } = stagesOf(kind);
  const trace: unknown[] = [];
  const told = new Set<PayloadAttributes>();
  let taken = 0;
  let head = l2Block(0);
  let resets = 0;
  const goTo = (number: number): void => {
    channels.origin = l1Block(number);
    const here =
      posted.get(number) ??
      Array.from({ length: int(random, 3) }, () => channelFrom(random, Number(head.number) + 1));
    posted.set(number, here);
    channels.queue.splice(0, channels.queue.length, ...here);
  };
  const startOver = (): void => {
    goTo(Math.max(FIRST_L1, Number(head.l1Origin.number) - 1));
    reader.reset();
    batches.reset(channels.origin);
    attributes.reset();
    resets += 1;
  };
  const look = async (parent: L2BlockRef): Promise<void> => {
    const made = await attributes.makeAhead(parent, NEVER);
    if (made !== null) told.add(made);
  };
  startOver();
  for (let step = 0; step < 2_000; step += 1) {
    if (looks() < 0.1) void look(head);
    if (looks() < 0.1) void look(l2Block(Math.max(0, Number(head.number) - 1)));
    const stepping = attributes.nextAttributes(head, NEVER);
    if (looks() < 0.1) void look(head);
    const next = await stepping.catch((thrown: unknown) => toNodeError(thrown));
    if (next === 'again') continue;
    if (next === 'outOfData') {
      const number = Number(channels.origin.number) + 1;
      if (number > LAST_L1) break;
      goTo(number);
      continue;
    }
    if (next instanceof Error) {
      trace.push(next.code);
      if (resets > 20) break;
      startOver();
      continue;
    }
    if (told.has(next.attributes)) taken += 1;
    trace.push(next);
    const fate = random();
    if (kind === 'strict' && fate < 0.05) {
      trace.push(attributes.depositsOnly(head, next.derivedFrom));
    } else if (fate < 0.08) {
      startOver();
      continue;
    } else if (kind === 'queue' && fate < 0.12) continue;
    const number = Number(head.number) + 1;
    const { prevRandao, timestamp } = next.attributes;
    const isSame = prevRandao === head.l1Origin.hash;
    const origin = isSame ? head.l1Origin : l1Block(head.l1Origin.number + 1n);
    head = l2Block(number, {
      timestamp,
      l1Origin: { number: origin.number, hash: origin.hash },
      sequenceNumber: isSame ? head.sequenceNumber + 1n : 0n,
    });
    if (looks() < 0.7) await look(head);
  }
  const { drops, notes } = observer;
  return { derived: { trace, drops, notes, head }, taken };
}

describe.each(['queue', 'strict'] as const)('looking ahead: %s', (kind) => {
  it('changes nothing of what is derived, and is often right', async () => {
    let [taken, blocks] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const plain = await derive(kind, seed, () => 1);
      const looking = await derive(kind, seed, seededRandom(seed + 1_000));
      expect(looking.derived, `seed ${seed}`).toEqual(plain.derived);
      taken += looking.taken;
      blocks += Number(plain.derived.head.number);
    }
    expect(taken).toBeGreaterThan(blocks / 6);
  });
});
