import fc from 'fast-check';
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { rpcBlockToPayload } from '../../../src/rollup/rpcPayload.js';
import type { ExecutionPayload } from '../../../src/types/payload.js';
import {
  decodeExecutionPayload,
  decodeForkchoiceUpdatedResult,
  decodePayloadEnvelope,
  decodePayloadStatus,
  encodeExecutionPayload,
  encodeForkchoiceState,
  encodePayloadAttributes,
  encodePayloadEnvelope,
  encodeQuantity,
  PayloadCodecError,
} from '../../../src/types/payloadCodec.js';
import { GENESIS_REF, hashOf, makeBlock } from '../../support/l2Chain.js';
import { recordedAttributes } from '../../support/recordedAttributes.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldLines } from '../../support/recordedWorld.js';

const WORLDS = ['forks', 'adversarial'];
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const hex = (bytes: number): fc.Arbitrary<Hex> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((b) => `0x${Buffer.from(b).toString('hex')}` as Hex);
const uint64 = fc.bigInt(0n, (1n << 64n) - 1n);

const anyPayload: fc.Arbitrary<ExecutionPayload> = fc.record(
  {
    parentHash: hex(32),
    feeRecipient: hex(20),
    stateRoot: hex(32),
    receiptsRoot: hex(32),
    logsBloom: hex(256),
    prevRandao: hex(32),
    blockNumber: uint64,
    gasLimit: uint64,
    gasUsed: uint64,
    timestamp: uint64,
    extraData: fc.integer({ min: 0, max: 32 }).chain(hex),
    baseFeePerGas: fc.bigInt(0n, (1n << 256n) - 1n),
    blockHash: hex(32),
    transactions: fc.array(fc.integer({ min: 0, max: 40 }).chain(hex), { maxLength: 4 }),
    withdrawals: fc.constant([]),
    blobGasUsed: uint64,
    excessBlobGas: uint64,
    withdrawalsRoot: hex(32),
  },
  {
    requiredKeys: [
      'parentHash',
      'feeRecipient',
      'stateRoot',
      'receiptsRoot',
      'logsBloom',
      'prevRandao',
      'blockNumber',
      'gasLimit',
      'gasUsed',
      'timestamp',
      'extraData',
      'baseFeePerGas',
      'blockHash',
      'transactions',
    ],
  },
) as fc.Arbitrary<ExecutionPayload>;

describe('payload codec', () => {
  it.each(WORLDS)('gives the recorded attributes of %s back, field by field', (world) => {
    const lines = readWorldLines(world, 'derived.jsonl.gz');
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) {
      const recorded = line.attributes;
      const encoded = wire(encodePayloadAttributes(recordedAttributes(recorded)));
      expect(encoded).toEqual(recorded);
      expect(Object.keys(encoded as Json)).toEqual(Object.keys(recorded as Json));
    }
  });

  it.each(WORLDS)('carries every recorded block of %s through the wire', (world) => {
    for (const block of readWorldLines(world, 'l2-unsafe.jsonl.gz')) {
      const envelope = rpcBlockToPayload(block);
      expect(decodePayloadEnvelope(wire(encodePayloadEnvelope(envelope)))).toEqual(envelope);
    }
  });

  it('decodes what it encodes, for any payload', () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        expect(decodeExecutionPayload(wire(encodeExecutionPayload(payload)))).toEqual(payload);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('throws nothing but its own error, whatever the input', () => {
    const decoders = [
      decodeExecutionPayload,
      decodePayloadEnvelope,
      decodePayloadStatus,
      decodeForkchoiceUpdatedResult,
    ];
    fc.assert(
      fc.property(fc.constantFrom(...decoders), fc.jsonValue(), (decode, value) => {
        try {
          decode(value);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PayloadCodecError);
        }
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });

  const good = encodeExecutionPayload(makeBlock(GENESIS_REF).envelope.executionPayload);
  it.each([
    ['parentHash', '0x12'],
    ['parentHash', undefined],
    ['feeRecipient', hashOf('long')],
    ['logsBloom', '0x'],
    ['blockNumber', 7],
    ['blockNumber', '0x01'],
    ['blockNumber', '0x'],
    ['gasLimit', `0x1${'0'.repeat(16)}`],
    ['baseFeePerGas', `0x1${'0'.repeat(64)}`],
    ['extraData', `0x${'00'.repeat(33)}`],
    ['extraData', '0x0'],
    ['transactions', 'none'],
    ['transactions', ['0xzz']],
    ['withdrawals', [{ index: '0x0' }]],
  ])('refuses a payload whose %s is %j and names the field', (field, value) => {
    const decode = (): unknown => decodeExecutionPayload({ ...good, [field]: value });
    expect(decode).toThrow(PayloadCodecError);
    expect(decode).toThrow(`executionPayload.${field}`);
  });

  it('reads null as absent, and hex in any case', () => {
    const upper = String(good.blockHash).toUpperCase().replace('0X', '0x');
    const decoded = decodeExecutionPayload({ ...good, withdrawals: null, blockHash: upper });
    expect('withdrawals' in decoded).toBe(false);
    expect(decoded.blockHash).toBe(good.blockHash);
  });

  it('leaves noTxPool out where it is false, and writes minBaseFee as a number', () => {
    const attributes = {
      timestamp: 1n,
      prevRandao: hashOf('r'),
      suggestedFeeRecipient: `0x${'42'.repeat(20)}`,
      transactions: [],
      noTxPool: false,
      gasLimit: 2n,
      minBaseFee: 1_000_000n,
    } as const;
    const encoded = encodePayloadAttributes(attributes);
    expect('noTxPool' in encoded).toBe(false);
    expect(encoded.minBaseFee).toBe(1_000_000);
    const huge = { ...attributes, minBaseFee: (1n << 53n) + 1n };
    expect(encodePayloadAttributes(huge).minBaseFee).toBe(huge.minBaseFee);
  });

  it('writes quantities without leading zeros', () => {
    expect([0n, 1n, 255n].map(encodeQuantity)).toEqual(['0x0', '0x1', '0xff']);
  });

  it('carries a forkchoice state and reads each payload status', () => {
    const state = {
      headBlockHash: hashOf('a'),
      safeBlockHash: hashOf('b'),
      finalizedBlockHash: hashOf('c'),
    };
    expect(wire(encodeForkchoiceState(state))).toEqual(state);
    for (const status of ['VALID', 'INVALID', 'SYNCING', 'ACCEPTED', 'INVALID_BLOCK_HASH']) {
      expect(decodePayloadStatus({ status })).toEqual({
        status,
        latestValidHash: null,
        validationError: null,
      });
    }
    expect(() => decodePayloadStatus({ status: 'VALID', validationError: 7 })).toThrow(
      PayloadCodecError,
    );
  });
});
