import { describe, expect, it } from 'vitest';
import { LOG_LEVELS, lowerCase, parseLogLevel } from '../../../src/telemetry/logLevel.js';

describe('parseLogLevel', () => {
  it('takes every level in any case', () => {
    for (const level of LOG_LEVELS) {
      expect(parseLogLevel(level)).toBe(level);
      expect(parseLogLevel(level.toUpperCase())).toBe(level);
    }
  });

  it('takes the short names of op-node', () => {
    expect(['trce', 'DBUG', 'eror'].map(parseLogLevel)).toEqual(['trace', 'debug', 'error']);
  });

  it('has small letters as Go makes them', () => {
    expect(parseLogLevel('\u0130nfo')).toBe('info');
    expect(lowerCase('\u0130X\u03a3')).toBe('ix\u03c3');
  });

  it('knows no other names', () => {
    expect(['', 'warning', 'fatal', 'constructor'].map(parseLogLevel)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
