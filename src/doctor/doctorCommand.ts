import { readFileSync } from 'node:fs';
import { load } from '../../config/load.js';
import type { Env } from '../../config/readEnv.js';
import { toNodeError } from '../errors/nodeError.js';
import { SystemClock } from '../runtime/clock.js';
import { ALL_CHECKS } from './allChecks.js';
import { createContext } from './createContext.js';
import { found } from './finding.js';
import { jsonReport, textReport, totalsOf } from './report.js';
import { type CheckReport, runChecks } from './runChecks.js';

/** What a process lends the doctor. */
export interface DoctorHost {
  /** What follows `doctor`: the node's flags, and perhaps `--json`. */
  readonly args: readonly string[];
  readonly env: Env;
}

/** What to print on standard output, and the exit code. */
export interface DoctorResult {
  readonly text: string;
  readonly exitCode: 0 | 1;
}

const USAGE = `Usage: slipstream doctor [--json] FLAGS

Checks every endpoint and setting of a node with these flags, variables and config file, and changes nothing.
One line for each finding; --json prints one JSON object instead. Ends within 15 seconds.
Exit code: 0 where nothing stops the node (warnings alone are 0), else 1. docs/doctor.md lists the findings.
`;

/** `slipstream doctor`: says what is wrong with a set-up and what to do. Never rejects. */
export async function runDoctor({ args, env }: DoctorHost): Promise<DoctorResult> {
  if (args.some((arg) => /^--?h(?:elp)?$/.test(arg))) return { text: USAGE, exitCode: 0 };
  const isJson = args.includes('--json');
  const flags = args.filter((arg) => arg !== '--json');
  const reports = await examine(flags, env);
  const text = isJson ? jsonReport(reports) : textReport(reports);
  return { text, exitCode: totalsOf(reports).errors === 0 ? 0 : 1 };
}

/** Where the flags cannot be used there is nothing else to look at. */
async function examine(args: readonly string[], env: Env): Promise<readonly CheckReport[]> {
  const readFile = (path: string): string => readFileSync(path, 'utf8');
  try {
    const config = load(args, env, readFile);
    const clock = new SystemClock();
    const { signal } = new AbortController();
    const deps = { clock, random: Math.random, signal, readFile };
    return await runChecks(ALL_CHECKS, await createContext(config, deps));
  } catch (thrown) {
    const { message, fields } = toNodeError(thrown);
    const problems = Array.isArray(fields.problems) ? (fields.problems as string[]) : [message];
    return [{ check: 'config', findings: problems.map((text) => found('config-invalid', text)) }];
  }
}
