import type { Hex } from 'viem';
import { bytesToHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import type { Address } from '../../src/types/block.js';

/** The mnemonic of every development chain: its accounts are public knowledge, never fund them on a real one. */
const MNEMONIC = 'test test test test test test test test test test test junk';

/** Who the first accounts of the mnemonic are. */
const DEVNET_ROLES = [
  'deployer',
  'batcher',
  'proposer',
  'sequencerP2P',
  'systemConfigOwner',
  'challenger',
  'guardian',
  'user0',
  'user1',
  'user2',
] as const;

export type DevnetRole = (typeof DEVNET_ROLES)[number];

export interface DevnetAccount {
  /** Checksummed. */
  readonly address: Address;
  readonly privateKey: Hex;
}

export type DevnetAccounts = Readonly<Record<DevnetRole, DevnetAccount>>;

export function devnetAccounts(): DevnetAccounts {
  const entries = DEVNET_ROLES.map((role, addressIndex) => {
    const account = mnemonicToAccount(MNEMONIC, { addressIndex });
    const { privateKey } = account.getHdKey();
    if (privateKey === null) throw new Error('the mnemonic gave no private key');
    return [role, { address: account.address, privateKey: bytesToHex(privateKey) }] as const;
  });
  return Object.fromEntries(entries) as DevnetAccounts;
}
