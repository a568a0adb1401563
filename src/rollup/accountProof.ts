import { NodeError } from '../errors/nodeError.js';
import type { Address, Hash } from '../types/block.js';
import { bigintToBytes, bytesToHex, hexToBytes } from './bytes.js';
import { encodeRlp, encodeRlpString } from './rlp.js';
import { RpcFields } from './rpcFields.js';
import { provenValue } from './trieProof.js';

/** What an account proof is asked to prove. */
export interface ProofRequest {
  readonly stateRoot: Hash;
  readonly address: Address;
  /** Storage slots, in the order asked. */
  readonly slots: readonly Hash[];
}

/** Proven facts of an account. */
export interface ProvenAccount {
  readonly storageHash: Hash;
  /** Values of the asked slots, in order; an empty slot is zero. */
  readonly values: readonly bigint[];
}

/**
 * Verifies an answer of `eth_getProof` (EIP-1186): the account's claimed fields and each slot's claimed value must be
 * what the trie nodes prove under the state root.
 * @throws NodeError ROLLUP_PROOF_INVALID or ROLLUP_JSON_INVALID, temporary. op-node `op-service/eth/account_proof.go`.
 */
export function verifyAccountProof(json: unknown, request: ProofRequest): ProvenAccount {
  const account = new RpcFields(json, 'account proof');
  const storageHash = account.hash('storageHash');
  const claimed = encodeRlp([
    bigintToBytes(account.uint64('nonce')),
    bigintToBytes(account.quantity('balance')),
    account.bytes('storageHash', 32),
    account.bytes('codeHash', 32),
  ]);
  const proven = valueAt(request.stateRoot, request.address, nodes(account, 'accountProof'));
  if (proven === null || bytesToHex(proven) !== bytesToHex(claimed)) {
    throw invalid('account proof does not match the claimed account', request);
  }
  const entries = account.has('storageProof') ? account.array('storageProof') : [];
  if (entries.length !== request.slots.length) {
    throw invalid('storage proof has another number of entries than asked for', request);
  }
  const values = request.slots.map((slot, index) =>
    provenSlot(new RpcFields(entries[index], 'storage proof'), slot, storageHash),
  );
  return { storageHash, values };
}

function provenSlot(entry: RpcFields, slot: Hash, storageHash: Hash): bigint {
  // Clients print keys with or without leading zeros.
  if (entry.quantity('key') !== BigInt(slot))
    throw invalid('storage proof is of another slot', { slot });
  const claimed = entry.quantity('value');
  const proven = valueAt(storageHash, slot, nodes(entry, 'proof'));
  if (proven === null) {
    if (claimed === 0n) return 0n;
  } else if (bytesToHex(proven) === bytesToHex(encodeRlpString(bigintToBytes(claimed)))) {
    return claimed;
  }
  throw invalid('storage proof does not match the claimed value', { slot, claimed });
}

/** The value at keccak256(key) under the root; null when the nodes prove that there is none. */
function valueAt(root: Hash, key: Hash | Address, proof: readonly Uint8Array[]): Uint8Array | null {
  try {
    return provenValue(root, bytesOf(key), proof);
  } catch (cause) {
    throw invalid('proof nodes do not lead from the root to the key', { root, key }, cause);
  }
}

function nodes(fields: RpcFields, key: string): readonly Uint8Array[] {
  return fields.array(key).map((node) => {
    const bytes = typeof node === 'string' ? hexToBytes(node) : null;
    if (bytes === null) throw invalid('proof node is not hex', {});
    return bytes;
  });
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex) ?? new Uint8Array(0);
}

function invalid(message: string, fields: object, cause?: unknown): NodeError {
  return new NodeError('ROLLUP_PROOF_INVALID', message, {
    severity: 'temporary',
    fields: { ...fields },
    cause,
  });
}
