import { Buffer } from 'node:buffer';
import type { BlockVersion } from '../../src/p2p/codec/blockVersion.js';
import { encodeEnvelope } from '../../src/p2p/codec/envelopeSsz.js';
import { compressBlock } from '../../src/p2p/codec/snappyBlock.js';
import { BlockValidator } from '../../src/p2p/gossip/blockValidator.js';
import { payloadHash, signingHash } from '../../src/p2p/gossip/signingHash.js';
import { UnsafeSigner } from '../../src/p2p/gossip/unsafeSigner.js';
import type { BlockVerdict } from '../../src/p2p/gossip/verdict.js';
import { addressOfPrivateKey, signHash } from '../../src/p2p/signer/signature.js';
import { computePayloadBlockHash } from '../../src/rollup/blockHash.js';
import type { ForkTimes } from '../../src/rollup/rollupConfig.js';
import { whole } from '../../src/rollup/slices.js';
import type { Address, Hash } from '../../src/types/block.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import { NEVER } from './deriveFakes.js';
import { FakeClock } from './fakeClock.js';
import { NO_TURN } from './sliced.js';

export const CHAIN_ID = 901n;
/** Start of the fake clock, in seconds. */
export const NOW = 1_704_067_200n;

/** A private key of a test, from a small number. */
export function testKey(seed: number): Uint8Array {
  return Buffer.alloc(32, seed);
}

export function addressOfTestKey(seed: number): Address {
  const address = addressOfPrivateKey(testKey(seed));
  if (address === null) throw new Error(`no key ${seed}`);
  return address;
}

const hashOf = (byte: string): Hash => `0x${byte.repeat(32)}`;

/** Fields that a version has and the one before has not. */
const ADDED: Readonly<Record<BlockVersion, Partial<ExecutionPayload>>> = {
  1: {},
  2: { withdrawals: [] },
  3: { withdrawals: [], blobGasUsed: 0n, excessBlobGas: 0n },
  4: { withdrawals: [], blobGasUsed: 0n, excessBlobGas: 0n, withdrawalsRoot: hashOf('77') },
};

/** A block of a version whose hash is right, whatever else it is made of. */
export function blockOf(
  version: BlockVersion,
  overrides: Partial<ExecutionPayload> = {},
): ExecutionPayloadEnvelope {
  const executionPayload: ExecutionPayload = {
    parentHash: hashOf('11'),
    feeRecipient: `0x${'22'.repeat(20)}`,
    stateRoot: hashOf('33'),
    receiptsRoot: hashOf('44'),
    logsBloom: `0x${'00'.repeat(256)}`,
    prevRandao: hashOf('55'),
    blockNumber: 5n,
    gasLimit: 30_000_000n,
    gasUsed: 21_000n,
    timestamp: NOW,
    extraData: '0x',
    baseFeePerGas: 7n,
    blockHash: hashOf('00'),
    transactions: ['0x7e01', '0x02'],
    ...ADDED[version],
    ...overrides,
  };
  const envelope = {
    ...(version >= 3 && { parentBeaconBlockRoot: hashOf('66') }),
    executionPayload,
  };
  const { blockHash = computePayloadBlockHash(envelope) } = overrides;
  return { ...envelope, executionPayload: { ...executionPayload, blockHash } };
}

/** The decompressed message of a body: signature, body. */
export function signedBytes(body: Uint8Array, key: Uint8Array, chainId = CHAIN_ID): Buffer {
  return Buffer.concat([signHash(signingHash(chainId, whole(payloadHash(body))), key), body]);
}

/** A message as it goes over the wire. */
export function messageOf(envelope: ExecutionPayloadEnvelope, key = testKey(1)): Uint8Array {
  return compressBlock(signedBytes(encodeEnvelope(envelope), key));
}

/** A validator of one topic with the signer of key 1. */
export class GossipRig {
  readonly clock = new FakeClock(Number(NOW) * 1000);
  readonly signer = new UnsafeSigner(this.clock);
  readonly validator: BlockValidator;

  constructor(version: BlockVersion, forks: ForkTimes = {}, signer?: UnsafeSigner, turn = NO_TURN) {
    this.signer.set(addressOfTestKey(1));
    this.validator = new BlockValidator(
      { version, config: { l2ChainId: CHAIN_ID, forks }, maxAgeMs: 60_000 },
      { clock: this.clock, signer: signer ?? this.signer, turn },
    );
  }

  validate(data: Uint8Array): Promise<BlockVerdict> {
    return this.validator.validate(data, NEVER);
  }

  /** `accept`, or the verdict with its reason. */
  async verdict(data: Uint8Array): Promise<string> {
    const verdict = await this.validate(data);
    return verdict.kind === 'accept' ? 'accept' : `${verdict.kind}: ${verdict.reason}`;
  }
}
