import type { ReceivedBlock } from '../codec/receivedBlock.js';
import type { MessageFault } from '../scores/floodScores.js';

/**
 * What becomes of a gossiped message. `accept`: passed on to other peers and taken. `ignore`: neither, and nobody is to blame.
 * `reject`: neither, and the peer that sent it is to blame. Reasons are our own short texts, fit for logs.
 */
export type BlockVerdict =
  | { readonly kind: 'accept'; readonly block: ReceivedBlock }
  | { readonly kind: 'ignore'; readonly reason: string }
  | {
      readonly kind: 'reject';
      readonly reason: string;
      /** Where it is not the sequencer's: what it is instead. */
      readonly fault?: MessageFault;
    };

export function ignore(reason: string): BlockVerdict {
  return { kind: 'ignore', reason };
}

export function reject(reason: string, fault?: MessageFault): BlockVerdict {
  return { kind: 'reject', reason, ...(fault !== undefined && { fault }) };
}
