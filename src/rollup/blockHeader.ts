import type { Hex } from 'viem';
import type { Address, Hash, L1BlockRef } from '../types/block.js';
import { bigintToBytes, hexToBytes } from './bytes.js';
import { keccakHash } from './keccak.js';
import { encodeRlpList, encodeRlpString } from './rlp.js';
import { RpcFields } from './rpcFields.js';

/** Hash of an empty uncle list; every block after the merge has it. */
export const EMPTY_UNCLES_HASH: Hash =
  '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';

/** sha256 of nothing: the requests hash of a block without execution layer requests (EIP-7685). */
export const EMPTY_REQUESTS_HASH: Hash =
  '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Every header field that the block hash covers, up to Prague (Osaka adds none). L1 and L2 blocks alike. */
export interface BlockHeader {
  readonly parentHash: Hash;
  readonly unclesHash: Hash;
  readonly miner: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Hex;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly extraData: Hex;
  readonly mixHash: Hash;
  /** 8 bytes. */
  readonly nonce: Hex;
  /** From London. */
  readonly baseFeePerGas?: bigint;
  /** From Shanghai (L2: Canyon). */
  readonly withdrawalsRoot?: Hash;
  /** From Cancun (L2: Ecotone), as the two below. */
  readonly blobGasUsed?: bigint;
  readonly excessBlobGas?: bigint;
  readonly parentBeaconBlockRoot?: Hash;
  /** From Prague (L2: Isthmus). */
  readonly requestsHash?: Hash;
}

/** A header with the hash that its source claims or that we computed; the doc of the function says which. */
export interface HashedHeader extends BlockHeader {
  readonly hash: Hash;
}

/** Hash of a header: keccak256 of its RLP list, optional fields up to the last one present. */
export function computeHeaderHash(header: BlockHeader): Hash {
  const optional: readonly (bigint | Hex | undefined)[] = [
    header.baseFeePerGas,
    header.withdrawalsRoot,
    header.blobGasUsed,
    header.excessBlobGas,
    header.parentBeaconBlockRoot,
    header.requestsHash,
  ];
  const present = optional.slice(0, optional.findLastIndex((value) => value !== undefined) + 1);
  const fields = [
    header.parentHash,
    header.unclesHash,
    header.miner,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    header.difficulty,
    header.number,
    header.gasLimit,
    header.gasUsed,
    header.timestamp,
    header.extraData,
    header.mixHash,
    header.nonce,
    ...present,
  ];
  return keccakHash(encodeRlpList(fields.map((field) => encodeRlpString(fieldBytes(field)))));
}

/**
 * Decodes the header part of a JSON-RPC block. `hash` is what the endpoint claims: compare with `computeHeaderHash`.
 * @throws NodeError ROLLUP_JSON_INVALID, temporary.
 */
export function parseRpcHeader(json: unknown): HashedHeader {
  const block = new RpcFields(json, 'block');
  return {
    hash: block.hash('hash'),
    parentHash: block.hash('parentHash'),
    unclesHash: block.hash('sha3Uncles'),
    miner: block.address('miner'),
    stateRoot: block.hash('stateRoot'),
    transactionsRoot: block.hash('transactionsRoot'),
    receiptsRoot: block.hash('receiptsRoot'),
    logsBloom: block.hex('logsBloom', 256),
    difficulty: block.quantity('difficulty'),
    number: block.uint64('number'),
    gasLimit: block.uint64('gasLimit'),
    gasUsed: block.uint64('gasUsed'),
    timestamp: block.uint64('timestamp'),
    extraData: block.hex('extraData'),
    mixHash: block.hash('mixHash'),
    nonce: block.hex('nonce', 8),
    ...(block.has('baseFeePerGas') && { baseFeePerGas: block.quantity('baseFeePerGas') }),
    ...(block.has('withdrawalsRoot') && { withdrawalsRoot: block.hash('withdrawalsRoot') }),
    ...(block.has('blobGasUsed') && { blobGasUsed: block.uint64('blobGasUsed') }),
    ...(block.has('excessBlobGas') && { excessBlobGas: block.uint64('excessBlobGas') }),
    ...(block.has('parentBeaconBlockRoot') && {
      parentBeaconBlockRoot: block.hash('parentBeaconBlockRoot'),
    }),
    ...(block.has('requestsHash') && { requestsHash: block.hash('requestsHash') }),
  };
}

/** Hash, number, parent and time of a header. */
export function headerRef(header: HashedHeader): L1BlockRef {
  const { hash, number, parentHash, timestamp } = header;
  return { hash, number, parentHash, timestamp };
}

function fieldBytes(value: bigint | Hex | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  if (typeof value === 'bigint') return bigintToBytes(value);
  return hexToBytes(value) ?? new Uint8Array(0);
}
