import { parsePrivateKey } from '../privateKey.js';
import type { BlockSigner } from './blockSigner.js';
import { LocalSigner } from './localSigner.js';

/** The signer with the key of `--p2p.sequencer.key`. @throws NodeError P2P_KEY_INVALID, critical. */
export function createLocalSigner(key: string, l2ChainId: bigint): BlockSigner {
  return new LocalSigner({ privateKey: parsePrivateKey(key), l2ChainId });
}
