import { open, type RootDatabase } from 'lmdb';
import { NodeError } from '../errors/nodeError.js';

/** Above every key that begins with a text: no key holds this character. */
const AFTER_ALL = '\u{10ffff}';

/** What is known about peers, on disk (LMDB). */
export class LmdbP2pStore {
  private readonly db: RootDatabase<Buffer, string>;

  /** @throws P2P_STORE_OPEN_FAILED (critical) naming the path. */
  constructor({ path }: { readonly path: string }) {
    try {
      this.db = open<Buffer, string>({ path, noSubdir: false, encoding: 'binary' });
    } catch (cause) {
      throw new NodeError('P2P_STORE_OPEN_FAILED', `failed to open the peer database at ${path}`, {
        severity: 'critical',
        fields: { path },
        cause,
      });
    }
  }

  get(key: string): Uint8Array | null {
    return this.db.get(key) ?? null;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.db.put(key, Buffer.from(value));
  }

  async delete(key: string): Promise<void> {
    await this.db.remove(key);
  }

  *entries(prefix: string): Iterable<readonly [string, Uint8Array]> {
    for (const { key, value } of this.db.getRange({ start: prefix, end: prefix + AFTER_ALL })) {
      yield [key, value];
    }
  }

  async close(): Promise<void> {
    await this.db.close();
  }
}
