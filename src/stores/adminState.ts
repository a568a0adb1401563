import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NodeError } from '../errors/nodeError.js';

/** What was stored last; null where nothing was. */
export interface StoredAdminState {
  /** Whether the sequencer was running. */
  readonly sequencerStarted: boolean | null;
  /** The last `admin_setSdmPostExecOptIn`. */
  readonly sdmPostExecOptIn: boolean | null;
}

const NOTHING_STORED: StoredAdminState = { sequencerStarted: null, sdmPostExecOptIn: null };

/** The store, and what it held when the node started. */
export interface AdminState {
  /** @throws NodeError SEQUENCER_STATE_UNWRITABLE, temporary; so do the others. What was not named stays as it was. */
  sequencerStarted(): Promise<void>;
  sequencerStopped(): Promise<void>;
  sdmPostExecOptIn(isEnabled: boolean): Promise<void>;
  /** @throws NodeError SEQUENCER_STATE_INVALID, critical, when the file is not usable. */
  read(): Promise<StoredAdminState>;
}

/**
 * The file of `--rpc.admin-state`. Written to a file beside it that then takes its place, both on disk before the
 * caller goes on: a crash leaves the old state or the new one. op-node `config/config_persistence.go`, and its JSON.
 */
export class AdminStateFile implements AdminState {
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  sequencerStarted(): Promise<void> {
    return this.store({ sequencerStarted: true });
  }

  sequencerStopped(): Promise<void> {
    return this.store({ sequencerStarted: false });
  }

  sdmPostExecOptIn(isEnabled: boolean): Promise<void> {
    return this.store({ sdmPostExecOptIn: isEnabled });
  }

  async read(): Promise<StoredAdminState> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (thrown) {
      if (isMissing(thrown)) return NOTHING_STORED;
      throw invalid(this.path, thrown instanceof Error ? thrown.message : String(thrown));
    }
    return parseState(this.path, text);
  }

  /** One after the other: the last call decides what the file says. */
  private store(change: Partial<StoredAdminState>): Promise<void> {
    const done = this.writing.then(() => this.write(change));
    this.writing = done.catch(() => undefined);
    return done;
  }

  private async write(change: Partial<StoredAdminState>): Promise<void> {
    const { path } = this;
    try {
      const state = { ...(await this.read()), ...change };
      await mkdir(dirname(path), { recursive: true });
      await writeToDisk(`${path}.tmp`, stateJson(state));
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

  async sdmPostExecOptIn(): Promise<void> {}

  async read(): Promise<StoredAdminState> {
    return NOTHING_STORED;
  }
}

/** op-node's keys in its order; what is null is left out. */
function stateJson({ sequencerStarted, sdmPostExecOptIn }: StoredAdminState): string {
  return JSON.stringify({
    ...(sequencerStarted !== null && { sequencerStarted }),
    ...(sdmPostExecOptIn !== null && { sdmPostExecOptIn }),
  });
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

function parseState(path: string, text: string): StoredAdminState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'it is not a JSON object');
  }
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(NOTHING_STORED, key));
  if (unknown !== undefined) throw invalid(path, `unknown field ${JSON.stringify(unknown)}`);
  const state: StoredAdminState = { ...NOTHING_STORED, ...value };
  for (const [key, stored] of Object.entries(state)) {
    if (stored === null || typeof stored === 'boolean') continue;
    throw invalid(path, `${key} is neither true nor false`);
  }
  return state;
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
