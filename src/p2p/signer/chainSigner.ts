import type { Address, Hash } from '../../types/block.js';

/** Where the SystemConfig contract keeps who may sign blocks: keccak256("systemconfig.unsafeblocksigner") - 1. */
export const SIGNER_SLOT: Hash =
  '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';

/** The address in a storage value: its last 20 bytes. */
export function addressOfSlot(value: bigint): Address {
  return `0x${value.toString(16).padStart(64, '0').slice(-40)}`;
}
