import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogFormat } from '../../../src/telemetry/logFormat.js';
import { LOG_LEVELS } from '../../../src/telemetry/logLevel.js';
import type { PinoLoggerOptions } from '../../../src/telemetry/pinoLogger.js';
import { PinoLogger } from '../../../src/telemetry/pinoLogger.js';
import { FakeClock } from '../../support/fakeClock.js';

const AT = Date.UTC(2026, 10, 23, 1, 33, 19, 7);
const hash = `0x${'ab'.repeat(32)}`;

function setUp(options: Partial<PinoLoggerOptions> = {}) {
  const lines: string[] = [];
  const log = PinoLogger.create(
    { level: 'trace', format: 'text', color: false, pid: null, ...options },
    { clock: new FakeClock(AT), destination: { write: (line) => lines.push(line) } },
  );
  return { log, lines };
}

const oneLine = (format: LogFormat, color = false) => {
  const { log, lines } = setUp({ format, color });
  log.info('Inserted new unsafe block', {
    ref: { hash, number: 123456n },
    txs: 3,
    gas: 30000000n,
    ratio: 0.5,
    note: 'a b',
    ok: true,
    gone: undefined,
  });
  return lines.join('');
};

describe('PinoLogger formats', () => {
  const rest = (gas: string) =>
    `ref=${hash}:123456 txs=3 gas=${gas} ratio=0.5 note="a b" ok=true gone=<nil>\n`;

  it('prints text without colour as logfmt with whole seconds', () => {
    const line = `t=2026-11-23T01:33:19+0000 lvl=info msg="Inserted new unsafe block" ${rest('30000000')}`;
    expect(oneLine('text')).toBe(line);
    expect(oneLine('logfmt', true)).toBe(line);
  });

  it('prints logfmtms with milliseconds', () => {
    expect(oneLine('logfmtms')).toBe(
      `t=2026-11-23T01:33:19.007+0000 lvl=info msg="Inserted new unsafe block" ${rest('30000000')}`,
    );
  });

  it.each<LogFormat>(['json', 'jsonms'])('prints %s with big integers as numbers', (format) => {
    const line = oneLine(format);
    expect(line).toBe(
      `{"t":"2026-11-23T01:33:19.007Z","lvl":"info","msg":"Inserted new unsafe block","ref":"${hash}:123456","txs":3,"gas":30000000,"ratio":0.5,"note":"a b","ok":true,"gone":null}\n`,
    );
  });

  it('prints terminal with aligned fields and separated numbers', () => {
    const { log, lines } = setUp({ format: 'terminal' });
    log.info('One', { gas: 30000000n, n: 12345, r: 0.5, done: true });
    log.warn('Two', { gas: 1n, low: -1234567, note: 'a=b' });
    log.crit('A message that is longer than the width of forty', {});
    expect(lines).toEqual([
      `INFO [11-23|01:33:19.007] ${'One'.padEnd(40)} gas=30,000,000 n=12345 r=0.500 done=true\n`,
      `WARN [11-23|01:33:19.007] ${'Two'.padEnd(40)} gas=1          low=-1,234,567 note="a=b"\n`,
      'CRIT [11-23|01:33:19.007] A message that is longer than the width of forty\n',
    ]);
  });

  it('colours level and keys where asked, also for text', () => {
    const { log, lines } = setUp({ format: 'text', color: true });
    log.error('Bad', { err: new Error('x') });
    expect(lines[0]).toBe(
      `\u001b[31mERROR\u001b[0m[11-23|01:33:19.007] ${'Bad'.padEnd(40)} \u001b[31merr\u001b[0m=x\n`,
    );
  });

  it.each([
    ['', '""'],
    ['a"b', '"a\\"b"'],
    ['a\\b', 'a\\b'],
    ['a\\ b', '"a\\\\ b"'],
    ['line\nbreak\ttab', '"line\\nbreak\\ttab"'],
    ['\u0001\u0085', '"\\x01\\u0085"'],
    ['grün', 'grün'],
    ['grün und rot', '"grün und rot"'],
    ['no\u00a0break', '"no\\u00a0break"'],
    ['\u{e0001}', '"\\U000e0001"'],
  ])('quotes the value %j in logfmt as Go does', (value, shown) => {
    const { log, lines } = setUp();
    log.info('m', { value });
    expect(lines[0]).toBe(`t=2026-11-23T01:33:19+0000 lvl=info msg=m value=${shown}\n`);
  });

  it('keeps every line one line, and every JSON line JSON, whatever is logged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (message, value) => {
        for (const format of ['logfmt', 'json'] as const) {
          const { log, lines } = setUp({ format });
          log.info(message, { value, [message]: 1 });
          expect(lines).toHaveLength(1);
          expect(lines[0]?.split('\n')).toHaveLength(2);
          if (format === 'json') expect(JSON.parse(lines[0] ?? '')).toMatchObject({ lvl: 'info' });
        }
      }),
      { seed: 3 },
    );
  });

  it('takes percent signs in a message as they are', () => {
    const { log, lines } = setUp();
    log.info('%s %d %%', { a: 1 });
    expect(lines[0]).toContain('msg="%s %d %%" a=1');
  });
});

describe('PinoLogger levels', () => {
  it('prints each level under its own name', () => {
    const { log, lines } = setUp();
    for (const level of LOG_LEVELS) log[level]('m');
    expect(lines.map((line) => line.split(' ')[1])).toEqual(LOG_LEVELS.map((l) => `lvl=${l}`));
  });

  it('prints nothing below its level', () => {
    LOG_LEVELS.forEach((level, at) => {
      const { log, lines } = setUp({ level });
      for (const one of LOG_LEVELS) log[one]('m');
      expect(lines).toHaveLength(LOG_LEVELS.length - at);
    });
  });

  it('changes the level at run time, for children too', () => {
    const { log, lines } = setUp({ level: 'warn' });
    const child = log.child({ part: 'engine' }).child({ lane: 'seal' });
    child.info('hidden');
    log.setLevel('info');
    expect([log.level, child.level]).toEqual(['info', 'info']);
    child.info('shown', { n: 1 });
    expect(lines).toEqual([
      't=2026-11-23T01:33:19+0000 lvl=info msg=shown part=engine lane=seal n=1\n',
    ]);
  });

  it('shows the process id with every line where asked', () => {
    const { log, lines } = setUp({ pid: 77 });
    log.info('a');
    log.child({ x: 1 }).info('b');
    expect(lines.map((line) => line.slice(line.indexOf('msg')))).toEqual([
      'msg=a pid=77\n',
      'msg=b pid=77 x=1\n',
    ]);
  });

  it('never prints secrets', () => {
    const { log, lines } = setUp({ format: 'json' });
    log.child({ url: 'http://u:hunter2@h' }).info('m', { jwtSecret: 'hunter2' });
    expect(lines.join('')).not.toContain('hunter2');
  });
});
