import { describe, expect, it } from 'vitest';
import { runDerive } from '../../conformance/deriveRun.js';
import { Report } from '../../conformance/report.js';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { enginesHere } from '../../devnet/engines.js';

describe('conformance in derive mode', () => {
  it.each([
    ['forks', 129 + 1 + 90 + 130 + 302],
    ['adversarial', 129 + 1 + 90 + 130 + 290],
    ['karst', 58 + 1 + 43 + 59 + 289],
    ['lagoon', 64 + 1 + 47 + 65 + 287],
    ['altda', 110 + 1 + 92 + 110],
  ] as const)('%s: %d comparisons hold', async (name, comparisons) => {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const report = new Report(say);
    await runDerive({ world: derivedWorld(name), report, say });
    expect(report.failed, said.join('\n')).toBe(0);
    expect(report.passed).toBe(comparisons);
  });

  it.each(enginesHere(process.env).filter((kind) => kind !== 'op-geth'))(
    'karst: all hold on %s, too, which has another method from Karst on',
    async (engine) => {
      const said: string[] = [];
      const say = (line: string) => said.push(line);
      const report = new Report(say);
      await runDerive({ world: derivedWorld('karst'), report, say, engine });
      expect(report.failed, said.join('\n')).toBe(0);
      expect(report.passed).toBe(58 + 1 + 43 + 59 + 289);
    },
  );
});
