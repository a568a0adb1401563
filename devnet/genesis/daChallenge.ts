import type { Address } from '../../src/types/block.js';
import { callData } from './artifacts.js';
import type { ScratchChain } from './scratchChain.js';

/** How a development chain keeps its batches outside of L1. */
export interface DevnetAltDa {
  /** Of keccak commitments the contract decides whether the input is there; generic ones are not challenged. */
  readonly commitment: 'keccak' | 'generic';
  /** L1 blocks after a commitment's in which it can be challenged. */
  readonly challengeWindow: number;
  /** L1 blocks after a challenge's in which it can be resolved. */
  readonly resolveWindow: number;
}

/** Wei that a challenge costs. */
export const CHALLENGE_BOND = 1_000n;
const RESOLVER_REFUND_PERCENT = 50n;

/** Deploys the contract that commitments are challenged at. @returns its address; null where the chain has none. */
export async function deployDaChallenge(
  chain: ScratchChain,
  owner: Address,
  altDa: DevnetAltDa | undefined,
): Promise<Address | null> {
  if (altDa?.commitment !== 'keccak') return null;
  const proxy = await chain.deploy('Proxy', [owner]);
  const implementation = await chain.deploy('DataAvailabilityChallenge');
  const windows = [BigInt(altDa.challengeWindow), BigInt(altDa.resolveWindow)];
  const args = [owner, ...windows, CHALLENGE_BOND, RESOLVER_REFUND_PERCENT];
  const initialize = callData('DataAvailabilityChallenge', 'initialize', args);
  await chain.call(proxy, callData('Proxy', 'upgradeToAndCall', [implementation, initialize]));
  return proxy;
}
