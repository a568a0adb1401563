import { hasCode } from '../errors/nodeError.js';
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

/**
 * As `sendPayload`, for a block that there may be another one for: a shape that the execution layer refuses is as INVALID
 * as what it finds by executing.
 */
export async function offerPayload(
  ctx: EngineTaskContext,
  envelope: ExecutionPayloadEnvelope,
  what: string,
  signal: AbortSignal,
): Promise<PayloadStatus> {
  try {
    return await sendPayload(ctx, envelope, what, signal);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENGINE_PAYLOAD_REFUSED')) throw thrown;
    return { status: 'INVALID', latestValidHash: null, validationError: thrown.message };
  }
}
