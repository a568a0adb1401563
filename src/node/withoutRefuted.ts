import type { FollowEnginePort, FollowVerifierPort } from '../follow/ports.js';

/**
 * The engine for who fetches blocks: a refuted block does not come back as an unsafe one, and those above it then have
 * no parent. Everything else passes.
 */
export function withoutRefuted(
  engine: FollowEnginePort,
  { refuted }: FollowVerifierPort,
): FollowEnginePort {
  return {
    heads: engine.heads,
    follow: (target, signal) => engine.follow(target, signal),
    addUnsafePayload: (envelope) => {
      if (envelope.executionPayload.blockHash === refuted.get()?.hash) return;
      engine.addUnsafePayload(envelope);
    },
  };
}
