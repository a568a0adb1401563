import { abortedError } from '../../runtime/abort.js';
import type { L2BlockRef } from '../../types/block.js';
import type { VerifierEngine } from './ports.js';
import { notReturned } from './verifierErrors.js';

/**
 * Has the engine take its heads back to the last verified block, the unsafe one too; finalized and current L1 stay.
 * @throws NodeError VERIFY_NOT_RETURNED, temporary, where another target came first or the engine could not; ABORTED.
 */
export async function returnToVerified(
  engine: VerifierEngine,
  verified: L2BlockRef,
  signal: AbortSignal,
): Promise<void> {
  const { safe } = engine.heads.get();
  const settled = await engine.follow(
    {
      localSafe: verified,
      safe: safe.number < verified.number ? safe : verified,
      finalized: null,
      currentL1: null,
      mayReplaceSafe: true,
      dropsUnsafe: true,
    },
    signal,
  );
  if (settled.kind === 'aborted') throw abortedError(signal.reason);
  const isDone =
    settled.kind === 'ok' &&
    (settled.value.kind === 'applied' || settled.value.kind === 'unchanged');
  if (!isDone) throw notReturned(verified, settled);
}
