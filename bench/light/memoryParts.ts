import { readFileSync } from 'node:fs';
import { childrenOf } from '../measure/childrenOf.js';

/** Where the resident memory of a process and of its children is, in MiB. */
export interface MemoryParts {
  readonly total: number;
  /** Pages of files: the program and its libraries, and databases. They are shared by all who run the same program. */
  readonly files: number;
  /** What only this process has: heaps, stacks, buffers, generated code. */
  readonly own: number;
  /** What the children have for themselves; the pages of files that they share with their parent are left out. */
  readonly children: number;
}

const KIB_PER_MIB = 1024;

/** Reads the parts from `/proc`. @throws Error where there is none, or the process has ended. */
export function memoryParts(pid: number): MemoryParts {
  const of = residentOf(pid);
  const children = childrenOf(pid).reduce((sum, child) => sum + residentOf(child).own, 0);
  return { ...of, children, total: of.files + of.own + children };
}

function residentOf(pid: number): { readonly files: number; readonly own: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / KIB_PER_MIB;
  return { files: of('RssFile') + of('RssShmem'), own: of('RssAnon') };
}
