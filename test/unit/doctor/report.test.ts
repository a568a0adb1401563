import { describe, expect, it } from 'vitest';
import { fine, found } from '../../../src/doctor/finding.js';
import { jsonReport, textReport, totalsOf } from '../../../src/doctor/report.js';

const REPORTS = [
  { check: 'l1', findings: [fine('L1 serves chain 1')] },
  { check: 'beacon', findings: [found('beacon-missing', 'There is none', 'warning')] },
  { check: 'engine', findings: [found('engine-syncing', 'It syncs'), found('jwt-missing', 'No')] },
];

describe('the report of the doctor', () => {
  it('has a line for each finding and one with the totals', () => {
    expect(textReport(REPORTS).split('\n')).toEqual([
      'ok       l1: L1 serves chain 1',
      'warning  beacon-missing: There is none. Give --l1.beacon.',
      'warning  engine-syncing: It syncs. Wait for it; the node waits too.',
      'error    jwt-missing: No. Point --l2.jwt-secret at the file that the execution engine was started with.',
      'The node would not work: 1 error, 2 warnings.',
      '',
    ]);
  });

  it('says so where nothing stops the node', () => {
    expect(textReport(REPORTS.slice(0, 2))).toMatch(
      /\nNothing stops the node: 0 errors, 1 warning\.\n$/,
    );
    expect(totalsOf(REPORTS.slice(0, 2))).toEqual({ errors: 0, warnings: 1 });
  });

  it('is one line of JSON for scripts', () => {
    const text = jsonReport(REPORTS);
    expect(text.trimEnd()).not.toContain('\n');
    expect(JSON.parse(text)).toMatchObject({ ok: false, errors: 1, warnings: 2 });
    expect(JSON.parse(text).findings.slice(0, 2)).toEqual([
      { check: 'l1', level: 'ok', code: null, text: 'L1 serves chain 1', advice: null },
      {
        check: 'beacon',
        level: 'warning',
        code: 'beacon-missing',
        text: 'There is none',
        advice: 'Give --l1.beacon',
      },
    ]);
  });

  it.each([
    ['line breaks and terminal commands', 'a\n\u001b[2Jb\u2028c\u202ed', 'a [2Jb c d'],
    [
      'users and keys in URLs',
      'at https://me:pw@h/v2/0123456789abcdef0123?key=k !',
      'at https://h/v2/***?*** !',
    ],
    ['tokens', 'Bearer eyJhbGciOiJI.eyJpYXQiOjE3.sig', 'Bearer ***'],
    ['all but the beginning of what is long', 'x'.repeat(9_999), `${'x'.repeat(500)}…`],
  ])('leaves out %s', (_, text, printed) => {
    const reports = [{ check: 'l1', findings: [fine(text)] }];
    expect(textReport(reports).split('\n')[0]).toBe(`ok       l1: ${printed}`);
    expect(JSON.parse(jsonReport(reports)).findings[0].text).toBe(printed);
  });
});
