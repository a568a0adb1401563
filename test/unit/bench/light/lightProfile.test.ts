import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { dearestFunctions } from '../../../../bench/light/lightProfile.js';

const folder = mkdtempSync(join(tmpdir(), 'profiles-'));

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const frame = (functionName: string, url = '', lineNumber = -1): object => ({
  callFrame: { functionName, url, lineNumber },
});

it('names the dearest functions of the last seconds, without what was idle', () => {
  const profile = {
    nodes: [
      { id: 1, ...frame('(idle)') },
      { id: 2, ...frame('start', 'file:///a/dist/bin/run.js', 6) },
      { id: 3, ...frame('', 'file:///a/dist/bin/run.js', 9) },
      { id: 4, ...frame('writev') },
    ],
    startTime: 0,
    endTime: 3_000_000,
    samples: [2, 1, 3, 4, 1],
    timeDeltas: [0, 1_000_000, 1_500_000, 400_000, 50_000],
  };
  writeFileSync(join(folder, 'CPU.0.cpuprofile'), JSON.stringify(profile));
  writeFileSync(join(folder, 'other.txt'), 'no profile');
  expect(dearestFunctions(folder, 2)).toEqual([
    '',
    'CPU.0.cpuprofile, ms a second',
    '  200.000 (anonymous) run.js:10',
    '   25.000 writev',
  ]);
});
