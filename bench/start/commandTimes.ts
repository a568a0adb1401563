import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a command so many times, one after the other. @returns milliseconds of each. @throws Error when one fails. */
export async function commandTimes(
  [command = '', ...args]: readonly string[],
  times: number,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let time = 0; time < times; time++) {
    const startedMs = performance.now();
    const [code] = (await once(spawn(command, args, { stdio: 'ignore' }), 'exit')) as [number];
    tookMs.push(performance.now() - startedMs);
    if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}`);
  }
  return tookMs;
}
