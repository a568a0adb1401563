import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/runtime/clock.js';
import { CpuProfiler } from '../../src/telemetry/pprof/cpuProfiler.js';
import { HeapProfiler } from '../../src/telemetry/pprof/heapProfiler.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pprof-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What `go tool pprof -top` says of a profile. */
function top(profile: Uint8Array): string {
  const path = join(directory, 'profile.prof');
  writeFileSync(path, profile);
  const { status, stdout, stderr } = spawnSync('go', ['tool', 'pprof', '-top', path], {
    encoding: 'utf8',
    env: { ...process.env, PPROF_TMPDIR: directory },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

function burnProcessor(): string {
  let digest = '';
  for (let i = 0; i < 20_000; i++) digest = createHash('sha256').update(digest).digest('hex');
  return digest;
}

function takeMemory(): string[][] {
  return Array.from({ length: 2_000 }, () => Array.from({ length: 1_000 }, (_, i) => `text ${i}`));
}

describe('profiles of a running process', () => {
  it('of the CPU say where the time went, also over what was added up', async () => {
    const profiler = new CpuProfiler(new SystemClock());
    const recording = await profiler.start(1_000);
    expect(await profiler.start(1_000)).toBeNull();
    for (let i = 0; i < 5; i++) {
      burnProcessor();
      await recording?.fold();
    }
    const text = top((await recording?.finish()) ?? new Uint8Array());
    expect(text).toContain('Type: cpu');
    expect(text).toMatch(/Duration: .*s, Total samples = \d/);
    expect(text).toContain('burnProcessor');
    const next = await profiler.start(1_000);
    expect(gunzipSync((await next?.finish()) ?? new Uint8Array()).length).toBeGreaterThan(0);
  });

  it('of the heap say who holds it', async () => {
    const profiler = new HeapProfiler(new SystemClock());
    await profiler.start();
    const held = takeMemory();
    const text = top(await profiler.profile(true));
    profiler.stop();
    expect(text).toContain('Type: inuse_space');
    expect(text).toContain('takeMemory');
    expect(held).toHaveLength(2_000);
  });
});
