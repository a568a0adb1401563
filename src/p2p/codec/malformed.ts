import type { Fields } from '../../errors/nodeError.js';
import { NodeError } from '../../errors/nodeError.js';

/** Largest message, compressed or not, that anything here reads or makes: 10 MiB. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** What a peer sent is not what the protocol says; the peer answers for it, the node goes on. */
export function malformed(problem: string, fields: Fields = {}): NodeError {
  return new NodeError('P2P_MALFORMED', problem, { severity: 'temporary', fields });
}
