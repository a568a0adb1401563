import type { ExecutionPayloadEnvelope, PayloadStatus } from '../types/payload.js';
import { payloadError } from './engineErrors.js';
import type { EngineTaskContext } from './taskContext.js';

/**
 * One `engine_newPayload`.
 * @throws NodeError temporary; see `payloadError`.
 */
export async function sendPayload(
  ctx: EngineTaskContext,
  envelope: ExecutionPayloadEnvelope,
  what: string,
  signal: AbortSignal,
): Promise<PayloadStatus> {
  try {
    return await ctx.engine.newPayload(envelope, signal);
  } catch (thrown) {
    throw payloadError(thrown, what);
  }
}
