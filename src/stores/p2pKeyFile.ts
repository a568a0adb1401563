import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { NodeError } from '../errors/nodeError.js';

/** For its owner alone. */
const MODE = 0o600;

/**
 * The text of the key file; a new random key of 32 bytes is written where there is none.
 * @throws P2P_KEY_UNWRITABLE (critical) naming the path.
 */
export async function readOrMakeKeyFile(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) return text;
    const made = randomBytes(32).toString('hex');
    await writeFile(path, made, { mode: MODE, flag: 'wx' });
    return made;
  } catch (cause) {
    throw new NodeError('P2P_KEY_UNWRITABLE', `failed to read or make the p2p key file ${path}`, {
      severity: 'critical',
      fields: { path },
      cause,
    });
  }
}
