import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc on every Linux that this runs on. */
const TICKS_PER_SEC = 100;

/** CPU milliseconds that a process has used so far, in user and system. @throws Error where there is no /proc. */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold blanks: fields are counted behind it, user time is the twelfth.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SEC;
}
