import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { L2BlockRef } from '../../types/block.js';
import { sameBlock } from '../../types/block.js';
import type { BuildJob } from '../../types/building.js';
import type {
  AttributesWithParent,
  ForkchoiceUpdatedResult,
  PayloadInfo,
} from '../../types/payload.js';
import {
  buildStartError,
  classifyEngineFault,
  describeStatus,
  faultText,
  statusError,
} from '../engineErrors.js';
import { idText } from '../engineStore.js';
import { expectHeld } from '../lostHead.js';
import type { EngineTaskContext } from '../taskContext.js';

export type BuildResult =
  | { readonly kind: 'started'; readonly job: BuildJob }
  /** The execution layer called the attributes, or the block they build on, invalid: they never build a block. */
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Starts a building job on the attributes' parent.
 * @throws NodeError critical when the parent is below finalized; reset on -38002 and other engine codes, and where the
 * execution layer has lost the parent; temporary otherwise, also while it syncs. op-node onBuildStart, startPayload.
 */
export async function build(
  ctx: EngineTaskContext,
  { attributes, parent, derivedFrom }: AttributesWithParent,
  signal: AbortSignal,
): Promise<BuildResult> {
  const { heads } = ctx.store;
  if (derivedFrom !== null && !sameBlock(heads.pendingSafe, parent)) {
    ctx.log.warn(
      'block-attributes derived from L1 do not build on pending safe head, likely reorg',
      { pending_safe: idText(heads.pendingSafe), attributes_parent: idText(parent) },
    );
  }
  if (parent.number < heads.finalized.number) {
    throw new NodeError(
      'ENGINE_HEADS_INVALID',
      `invalid block-building pre-state, unsafe head ${idText(parent)} is behind finalized head ${idText(heads.finalized)}`,
      { severity: 'critical', fields: { parent, finalized: heads.finalized } },
    );
  }
  const forkchoice = {
    headBlockHash: parent.hash,
    safeBlockHash: heads.safe.hash,
    finalizedBlockHash: heads.finalized.hash,
  };
  const startedMs = ctx.clock.monotonicMs();
  // Some execution clients move their head to the parent; the next update is then not a repetition.
  if (!sameBlock(parent, heads.unsafe)) ctx.store.forgetForkchoice();
  let result: ForkchoiceUpdatedResult;
  try {
    result = await ctx.engine.forkchoiceUpdated(forkchoice, attributes, signal);
  } catch (thrown) {
    if (classifyEngineFault(thrown) !== 'attributes') throw buildStartError(thrown);
    const reason = faultText(toNodeError(thrown));
    return { kind: 'invalid', reason: `payload attributes are not valid: ${reason}` };
  }
  if (result.payloadStatus.status === 'SYNCING') await expectHeld(ctx, parent, signal);
  return jobOf(result, { info: { timestamp: attributes.timestamp }, parent, startedMs });
}

function jobOf(
  { payloadStatus, payloadId }: ForkchoiceUpdatedResult,
  job: {
    readonly info: Pick<PayloadInfo, 'timestamp'>;
    readonly parent: L2BlockRef;
    readonly startedMs: number;
  },
): BuildResult {
  switch (payloadStatus.status) {
    case 'INVALID':
    case 'INVALID_BLOCK_HASH':
      return { kind: 'invalid', reason: describeStatus(payloadStatus) };
    case 'VALID':
      if (payloadId === null) {
        throw statusError('temporary', 'no payload id in forkchoice result', payloadStatus);
      }
      return { kind: 'started', job: { ...job, info: { ...job.info, id: payloadId } } };
    case 'SYNCING':
      throw new NodeError('ENGINE_EL_SYNCING', 'cannot start building a block: engine is syncing', {
        severity: 'temporary',
      });
    default:
      throw statusError('temporary', 'cannot start building a block', payloadStatus);
  }
}
