import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the children of a process, from `/proc`. @throws Error where there is none, or the process has ended. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
}
