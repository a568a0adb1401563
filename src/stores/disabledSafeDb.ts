import { NodeError } from '../errors/nodeError.js';
import type { SafeDb } from './safeDb.js';

/** Stands in where `--safedb.path` is not set. */
export class DisabledSafeDb implements SafeDb {
  readonly isEnabled = false;
  async safeHeadUpdated(): Promise<void> {}
  async safeHeadReset(): Promise<void> {}
  safeHeadAtL1(): never {
    throw disabled();
  }
  async l1AtSafeHead(): Promise<never> {
    throw disabled();
  }
  async lastEntry(): Promise<never> {
    throw disabled();
  }
  async close(): Promise<void> {}
}

function disabled(): NodeError {
  return new NodeError('SAFE_DB_DISABLED', 'safe head database not enabled', {
    severity: 'temporary',
  });
}
