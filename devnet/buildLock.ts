import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 500;
/** A holder that has not written its pid after this long died between two steps. */
const EMPTY_LOCK_POLLS = 10;

/**
 * Runs `work` while no other process on this machine runs under the same lock folder. `mkdir` is the atomic step;
 * a lock whose owner no longer runs is taken over. `onWait` is called once when another process holds it.
 */
export async function withBuildLock<T>(
  folder: string,
  work: () => Promise<T>,
  onWait: () => void,
): Promise<T> {
  let waits = 0;
  while (!(await tryLock(folder))) {
    if (waits === 0) onWait();
    waits += 1;
    const owner = await ownerOf(folder);
    if (owner === null ? waits > EMPTY_LOCK_POLLS : !isRunning(owner)) {
      await rm(folder, { recursive: true, force: true });
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tryLock(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  }
  await writeFile(join(folder, 'pid'), String(process.pid));
  return true;
}

async function ownerOf(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'pid'), 'utf8').catch(() => '');
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
