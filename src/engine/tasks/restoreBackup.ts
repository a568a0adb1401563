import { hasCode } from '../../errors/nodeError.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type { ForkchoiceState, PayloadStatus } from '../../types/payload.js';
import { statusError } from '../engineErrors.js';
import { clearBackup, restoreBackup as restored } from '../engineState.js';
import { idText } from '../engineStore.js';
import { sendForkchoice } from '../forkchoice.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * Asks the execution layer once to go back to the unsafe head that an invalid span batch had replaced. It may have
 * forgotten that block, so a refusal is final; only a call that got no verdict is due again. Nothing where none is due.
 * @throws NodeError reset on -38002; temporary otherwise. op-node tryBackupUnsafeReorg.
 */
export async function restoreBackup(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  const { store, log } = ctx;
  const { heads, backupUnsafe, isBackupDue } = store.state;
  if (!isBackupDue) return;
  if (isInitialElSyncing(heads) || backupUnsafe.number < heads.safe.number) {
    store.commit(clearBackup(store.state));
    return;
  }
  log.warn('trying to restore unsafe head', {
    backupUnsafe: idText(backupUnsafe),
    unsafe: idText(heads.unsafe),
  });
  const forkchoice: ForkchoiceState = {
    headBlockHash: backupUnsafe.hash,
    safeBlockHash: heads.safe.hash,
    finalizedBlockHash: heads.finalized.hash,
  };
  let status: PayloadStatus;
  try {
    status = await sendForkchoice(ctx, forkchoice, 'failed to restore unsafe head', signal);
  } catch (thrown) {
    if (hasCode(thrown, 'ENGINE_FORKCHOICE_INCONSISTENT')) store.commit(clearBackup(store.state));
    throw thrown;
  }
  if (status.status === 'VALID') {
    log.info('successfully reorged unsafe head using backupUnsafe', {
      unsafe: idText(backupUnsafe),
    });
    store.commitForkchoice(restored(store.state), forkchoice);
    return;
  }
  store.commit(clearBackup(store.state));
  throw statusError('temporary', 'cannot restore unsafe chain using backupUnsafe', status);
}
