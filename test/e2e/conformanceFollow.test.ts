import { describe, expect, it } from 'vitest';
import { runFollow } from '../../conformance/followRun.js';
import { Report } from '../../conformance/report.js';
import { recordedWorld } from '../../devnet/followRig.js';

/** One status, 290 exchanges and the outputs of 130 blocks. */
const COMPARISONS = 421;

describe('conformance as a follower', () => {
  it.each(['forks', 'adversarial'] as const)('answers as recorded on %s', async (name) => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const report = new Report(say);
    await runFollow({ world: recordedWorld(name), report, say });
    expect(lines.filter((line) => line.startsWith('DIFFERENT'))).toEqual([]);
    expect([report.passed, report.failed]).toEqual([COMPARISONS, 0]);
  });
});
