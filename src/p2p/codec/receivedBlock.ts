import type { Hash } from '../../types/block.js';
import type { BlockVersion } from './blockVersion.js';

/**
 * A block of a peer whose hash was computed and is right, still encoded: what crosses threads is `body`. Whoever needs the
 * payload itself calls `decodeEnvelope(version, body)`, which cannot fail then.
 */
export interface ReceivedBlock {
  readonly version: BlockVersion;
  /** The encoding without signature: the parent beacon block root (versions 3 and 4), then the payload. Owns its memory. */
  readonly body: Uint8Array;
  readonly hash: Hash;
  readonly number: bigint;
  readonly parentHash: Hash;
  /** Unix seconds. */
  readonly timestamp: bigint;
}
