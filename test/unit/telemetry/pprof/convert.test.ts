import type { HeapProfiler, Profiler } from 'node:inspector';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { addCpuProfile } from '../../../../src/telemetry/pprof/cpuProfiler.js';
import { encodeProfile } from '../../../../src/telemetry/pprof/encodeProfile.js';
import { addHeapProfile } from '../../../../src/telemetry/pprof/heapProfiler.js';
import { StackTree } from '../../../../src/telemetry/pprof/stackTree.js';

function frame(functionName: string, url = 'file:///app/a.js', lineNumber = 9) {
  return { functionName, scriptId: '1', url, lineNumber, columnNumber: 0 };
}

/** main calls work, 3 samples; 1 in main itself, 4 idle, 2 without a script; 10 ms in all. */
const CPU: Profiler.Profile = {
  startTime: 0,
  endTime: 10_000,
  nodes: [
    { id: 1, callFrame: frame('(root)', '', -1), hitCount: 0, children: [2, 4, 5] },
    { id: 2, callFrame: frame('main'), hitCount: 1, children: [3] },
    { id: 3, callFrame: frame('', 'node:fs', 4), hitCount: 3 },
    { id: 4, callFrame: frame('(idle)', '', -1), hitCount: 4 },
    { id: 5, callFrame: frame('(program)', '', -1), hitCount: 2 },
  ],
};

function stacksOf(tree: StackTree) {
  return [...tree.stacks()]
    .filter(({ values }) => values.length > 0)
    .map((node) => {
      const names: string[] = [];
      for (let at = node; at.parent !== null; at = at.parent) names.push(at.frame.name);
      return [names.join('<'), ...node.values];
    });
}

describe('addCpuProfile', () => {
  it('counts samples and time by stack, without the time at rest', () => {
    const tree = new StackTree();
    addCpuProfile(tree, CPU);
    expect(stacksOf(tree).sort()).toEqual([
      ['(anonymous)<main', 3, 3_000_000],
      ['(program)', 2, 2_000_000],
      ['main', 1, 1_000_000],
    ]);
  });

  it('adds up what was taken one after the other', () => {
    const tree = new StackTree();
    addCpuProfile(tree, CPU);
    addCpuProfile(tree, CPU);
    expect(stacksOf(tree)).toContainEqual(['(anonymous)<main', 6, 6_000_000]);
  });

  it('takes a profile without samples, and one without nodes', () => {
    const tree = new StackTree();
    addCpuProfile(tree, { startTime: 0, endTime: 5, nodes: CPU.nodes.slice(0, 1) });
    addCpuProfile(tree, { startTime: 0, endTime: 5, nodes: [] });
    expect(stacksOf(tree)).toEqual([]);
  });

  it('counts at the callers what a full tree has no room for', () => {
    const tree = new StackTree(1);
    addCpuProfile(tree, { ...CPU, nodes: CPU.nodes.slice(0, 3) });
    expect(stacksOf(tree)).toEqual([['main', 4, 10_000_000]]);
  });
});

describe('addHeapProfile', () => {
  it('counts bytes by stack', () => {
    const node = (functionName: string, selfSize: number, children: unknown[]) =>
      ({ callFrame: frame(functionName), selfSize, children }) as never;
    const profile: HeapProfiler.SamplingHeapProfile = {
      head: node('(root)', 0, [node('main', 0, [node('take', 512, [])]), node('keep', 64, [])]),
    };
    const tree = new StackTree();
    addHeapProfile(tree, profile);
    expect(stacksOf(tree).sort()).toEqual([
      ['keep', 64],
      ['take<main', 512],
    ]);
  });
});

describe('encodeProfile', () => {
  it('writes pprof: kinds, period, times, and each function once', () => {
    const tree = new StackTree();
    addCpuProfile(tree, CPU);
    const bytes = encodeProfile(tree, {
      values: [
        ['samples', 'count'],
        ['cpu', 'nanoseconds'],
      ],
      period: { kind: ['cpu', 'nanoseconds'], value: 1_000_000 },
      startMs: 1_700_000_000_123,
      durationMs: 10.5,
    });
    const profile = Profile.decode(gunzipSync(bytes));
    const { strings } = profile.stringTable;
    const text = (at: number | bigint): string | undefined => strings[Number(at)];
    expect(profile.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ]);
    expect(BigInt(profile.timeNanos)).toBe(1_700_000_000_123_000_000n);
    expect(BigInt(profile.durationNanos)).toBe(10_500_000n);
    expect(Number(profile.period)).toBe(1_000_000);
    const functions = profile.function.map(({ name, filename, startLine }) => [
      text(name),
      text(filename),
      Number(startLine),
    ]);
    expect(functions.sort()).toEqual([
      ['(anonymous)', 'node:fs', 5],
      ['(program)', '', 0],
      ['main', '/app/a.js', 10],
    ]);
    expect(profile.location).toHaveLength(3);
    expect(profile.sample).toHaveLength(3);
  });
});
