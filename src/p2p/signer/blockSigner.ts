import { NodeError } from '../../errors/nodeError.js';

/** Signs the blocks that this node publishes. */
export interface BlockSigner {
  /**
   * @param payloadHash keccak256 of the body, see `payloadHash` in `gossip/signingHash.ts`.
   * @returns 65 bytes: r, s, v with v 0 or 1.
   * @throws NodeError P2P_NOT_SIGNED, temporary; ABORTED when the signal fires.
   */
  sign(payloadHash: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Lets connections go. */
  close(): Promise<void>;
}

/** A node that has no key: it hands blocks on and publishes none of its own. */
export class DisabledSigner implements BlockSigner {
  async sign(): Promise<Uint8Array> {
    throw notSigned('this node has no key to sign blocks with');
  }

  async close(): Promise<void> {}
}

/** Why there is no signature. */
export function notSigned(problem: string, cause?: unknown): NodeError {
  return new NodeError('P2P_NOT_SIGNED', problem, { severity: 'temporary', cause });
}
