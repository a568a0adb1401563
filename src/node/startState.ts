import type { NodeConfig } from '../../config/nodeConfig.js';
import { NodeError } from '../errors/nodeError.js';
import type { AdminState } from '../stores/adminState.js';
import type { Logger } from '../telemetry/logger.js';

/**
 * Whether the node begins to sequence by itself: as the flags say, unless the state that was stored says otherwise.
 * With a conductor nothing may be stored, for it decides. op-node `config/config.go` LoadPersisted, Check.
 * @throws NodeError CONFIG_INVALID or SEQUENCER_STATE_INVALID, critical.
 */
export async function startsSequencing(
  { sequencer, conductor }: Pick<NodeConfig, 'sequencer' | 'conductor'>,
  state: Pick<AdminState, 'read'>,
  log: Logger,
): Promise<boolean> {
  const stored = await state.read();
  if (stored === 'unset') {
    log.info('No persisted sequencer state loaded');
    return !sequencer.isStopped;
  }
  if (conductor.isEnabled) {
    const text = '--rpc.admin-state: config persistence must be disabled when conductor is enabled';
    throw new NodeError('CONFIG_INVALID', text, { severity: 'critical' });
  }
  const stopped = stored === 'stopped';
  if (stopped !== sequencer.isStopped) {
    log.warn('Overriding sequencer.stopped with persisted state', { stopped });
  }
  return !stopped;
}
