import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A profile as Node.js writes it, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node ids, and microseconds between one and the next. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const DEAREST = 10;

/** Lines that name the dearest functions, by their own time, in the last seconds of each profile of a folder. */
export function dearestFunctions(folder: string, lastSec: number): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.cpuprofile'))
    .sort()
    .flatMap((file) => {
      const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
      return ['', `${file}, ms a second`, ...dearest(profile, lastSec)];
    });
}

function dearest(profile: CpuProfile, lastSec: number): readonly string[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const fromUs = profile.endTime - lastSec * 1_000_000;
  const spentUs = new Map<string, number>();
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    atUs += profile.timeDeltas[index] ?? 0;
    const name = names.get(id) ?? '';
    if (atUs < fromUs || name === '(idle)') continue;
    spentUs.set(name, (spentUs.get(name) ?? 0) + (profile.timeDeltas[index + 1] ?? 0));
  }
  return [...spentUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, DEAREST)
    .map(([name, us]) => `${(us / 1000 / lastSec).toFixed(3).padStart(9)} ${name}`);
}

function nameOf(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const { functionName, url, lineNumber } = frame;
  const name = functionName || '(anonymous)';
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
}
