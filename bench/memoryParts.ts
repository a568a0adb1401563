import { readFileSync } from 'node:fs';

/** Where the resident memory of a process is, in MiB. */
export interface MemoryParts {
  readonly total: number;
  /** Pages of files: the program and its libraries, and databases. They are shared by all who run the same program. */
  readonly files: number;
  /** What only this process has: heaps, stacks, buffers, generated code. */
  readonly own: number;
}

const KIB_PER_MIB = 1024;

/** Reads the parts from `/proc`. @throws Error where there is none, or the process has ended. */
export function memoryParts(pid: number): MemoryParts {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / KIB_PER_MIB;
  return { total: of('VmRSS'), files: of('RssFile') + of('RssShmem'), own: of('RssAnon') };
}
