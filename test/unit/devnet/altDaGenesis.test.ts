import { describe, expect, it } from 'vitest';
import type { DevnetAltDa } from '../../../devnet/genesis/daChallenge.js';
import { makeDevnetGenesis } from '../../../devnet/genesis/devnetGenesis.js';

const WINDOWS = { challengeWindow: 12, resolveWindow: 14 };

const genesis = (altDa?: DevnetAltDa) =>
  makeDevnetGenesis({
    time: 1_700_000_000,
    forkOffsets: {},
    l2BlockTimeSec: 1,
    ...{ sequencingWindow: 20, channelTimeout: 30, l1ChainId: 900, l2ChainId: 901 },
    ...(altDa !== undefined && { altDa }),
  });

interface StoredAccount {
  readonly storage?: Readonly<Record<string, string>>;
}

describe('genesis of a devnet whose batches are outside of L1', () => {
  it('has the challenge contract with its windows, where commitments are keccak', async () => {
    const { l1Genesis, rollup, addresses } = await genesis({ commitment: 'keccak', ...WINDOWS });
    const contract = addresses.dataAvailabilityChallenge ?? '0x';
    const alloc = l1Genesis.alloc as Readonly<Record<string, StoredAccount>>;
    const stored = Object.values(alloc[contract.toLowerCase()]?.storage ?? {}).map(Number);
    expect(stored).toEqual(expect.arrayContaining([12, 14, 1_000, 50]));
    expect(rollup.alt_da).toEqual({
      da_challenge_contract_address: contract.toLowerCase(),
      da_commitment_type: 'KeccakCommitment',
      da_challenge_window: 12,
      da_resolve_window: 14,
    });
  });

  it('has none where they are generic, and is else the chain that it is without', async () => {
    const plain = await genesis();
    const generic = await genesis({ commitment: 'generic', ...WINDOWS });
    expect(generic.l1Genesis).toEqual(plain.l1Genesis);
    expect(generic.rollup).toEqual({
      ...plain.rollup,
      alt_da: {
        da_challenge_contract_address: `0x${'0'.repeat(40)}`,
        da_commitment_type: 'GenericCommitment',
        da_challenge_window: 12,
        da_resolve_window: 14,
      },
    });
  });
});
