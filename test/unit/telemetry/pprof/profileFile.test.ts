import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProfileFile, type ProfileType } from '../../../../src/telemetry/pprof/profileFile.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { rejection } from '../../../support/until.js';

const NEVER = new AbortController().signal;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pprof-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Profiles are one byte: how often the recording was added up, or whether garbage was collected. */
function make(type: ProfileType, path: string) {
  const clock = new FakeClock(0);
  let folds = 0;
  const recording = {
    fold: async () => {
      folds += 1;
    },
    finish: async () => Uint8Array.of(folds),
  };
  const log = new FakeLogger();
  const file = new ProfileFile(
    { type, path },
    {
      clock,
      log,
      cpu: { start: async () => recording },
      heap: { profile: async (collects) => Uint8Array.of(collects ? 77 : 0) },
    },
  );
  return { file, clock, log };
}

describe('ProfileFile', () => {
  it('writes the CPU profile of the run, added up every minute, into a directory', async () => {
    const { file, clock, log } = make('cpu', directory);
    await file.start();
    for (const _ of [1, 2]) {
      const step = file.step(NEVER);
      await clock.advance(60_000);
      await step;
    }
    await file.stop();
    const path = join(directory, 'cpu.prof');
    expect([...readFileSync(path)]).toEqual([2]);
    expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['start profiling to file', { profile_type: 'cpu', profile_filepath: path }],
      ['saving profile info', { profile_type: 'cpu', profile_filepath: path }],
    ]);
  });

  it('writes the heap in use at the end, without garbage, into a file', async () => {
    const path = join(directory, 'memory');
    const { file } = make('heap', path);
    await file.start();
    await file.stop();
    expect([...readFileSync(path)]).toEqual([77]);
  });

  it('finds at the start that the file cannot be written', async () => {
    const { file } = make('heap', join(directory, 'missing', 'heap.prof'));
    expect(await rejection(file.start())).toMatchObject({
      code: 'TELEMETRY_PROFILE_FAILED',
      severity: 'critical',
    });
  });
});
