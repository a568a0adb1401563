import { NodeError } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import { DEPOSIT_TX_TYPE, transactionType } from '../../rollup/txCodec.js';
import type { ConsolidateResult } from '../../types/building.js';
import type { AttributesWithParent, PayloadAttributes } from '../../types/payload.js';
import { dropPendingSafe } from '../engineState.js';
import { idText } from '../engineStore.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * What becomes of attributes that no block can be built from. Deposits alone always make a valid block, so
 * their refusal cannot be recovered from.
 * Differs: op-node asks for deposits-only attributes again and again when `newPayload` refuses a block of deposits.
 * op-node onBuildInvalid.
 */
export function refuseAttributes(
  ctx: EngineTaskContext,
  { attributes, parent, derivedFrom }: AttributesWithParent,
  reason: string,
): ConsolidateResult {
  ctx.log.warn('could not process payload attributes', { err: reason });
  if (isDepositsOnly(attributes)) {
    ctx.log.error('deposit only block was invalid', { parent: idText(parent), err: reason });
    throw new NodeError(
      'ENGINE_DEPOSITS_ONLY_INVALID',
      `failed to process block with only deposit transactions: ${reason}`,
      { severity: 'critical', fields: { parent } },
    );
  }
  if (derivedFrom !== null && isActive(ctx.options.rollup, 'holocene', derivedFrom.timestamp)) {
    ctx.log.warn('Holocene active, requesting deposits-only attributes', {
      parent: idText(parent),
      derived_from: idText(derivedFrom),
    });
    return { kind: 'depositsOnly', parent, derivedFrom, reason };
  }
  ctx.store.commit(dropPendingSafe(ctx.store.state));
  return { kind: 'dropped', reason };
}

/** They carry no transaction of a batch. op-node PayloadAttributes.IsDepositsOnly. */
export function isDepositsOnly(attributes: PayloadAttributes): boolean {
  return attributes.transactions.every((tx) => transactionType(tx) === DEPOSIT_TX_TYPE);
}
