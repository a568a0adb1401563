import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NodeError } from '../errors/nodeError.js';

/** Whether the sequencer was running when that was stored last. */
export type StoredState = 'started' | 'stopped' | 'unset';

/** The store, and what it held when the node started. */
export interface AdminState {
  /** @throws NodeError SEQUENCER_STATE_UNWRITABLE, temporary; so does the other. */
  sequencerStarted(): Promise<void>;
  sequencerStopped(): Promise<void>;
  /** @throws NodeError SEQUENCER_STATE_INVALID, critical, when the file is not usable. */
  read(): Promise<StoredState>;
}

/**
 * The file of `--rpc.admin-state`. Written to a file beside it that then takes its place, both on disk before the
 * caller goes on: a crash leaves the old state or the new one. op-node `config/config_persistence.go`, and its JSON.
 */
export class AdminStateFile implements AdminState {
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  sequencerStarted(): Promise<void> {
    return this.store(true);
  }

  sequencerStopped(): Promise<void> {
    return this.store(false);
  }

  async read(): Promise<StoredState> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (thrown) {
      if (isMissing(thrown)) return 'unset';
      throw invalid(this.path, thrown instanceof Error ? thrown.message : String(thrown));
    }
    return parseState(this.path, text) ? 'started' : 'stopped';
  }

  /** One after the other: the last call decides what the file says. */
  private store(isStarted: boolean): Promise<void> {
    const done = this.writing.then(() => this.write(isStarted));
    this.writing = done.catch(() => undefined);
    return done;
  }

  private async write(sequencerStarted: boolean): Promise<void> {
    const { path } = this;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeToDisk(`${path}.tmp`, JSON.stringify({ sequencerStarted }));
      await rename(`${path}.tmp`, path);
      await syncFolder(dirname(path));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new NodeError('SEQUENCER_STATE_UNWRITABLE', `cannot write ${path}: ${reason}`, {
        severity: 'temporary',
        fields: { path },
        cause: thrown,
      });
    }
  }
}

/** Without `--rpc.admin-state`: nothing is remembered. */
export class DisabledAdminState implements AdminState {
  async sequencerStarted(): Promise<void> {}

  async sequencerStopped(): Promise<void> {}

  async read(): Promise<StoredState> {
    return 'unset';
  }
}

async function writeToDisk(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is on disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function parseState(path: string, text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'it is not a JSON object');
  }
  const unknown = Object.keys(value).find((key) => key !== 'sequencerStarted');
  if (unknown !== undefined) throw invalid(path, `unknown field ${JSON.stringify(unknown)}`);
  const { sequencerStarted } = value as { readonly sequencerStarted?: unknown };
  if (typeof sequencerStarted === 'boolean') return sequencerStarted;
  throw invalid(path, 'sequencerStarted is neither true nor false');
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

function invalid(path: string, reason: string): NodeError {
  return new NodeError('SEQUENCER_STATE_INVALID', `--rpc.admin-state: ${path}: ${reason}`, {
    severity: 'critical',
    fields: { path },
  });
}
