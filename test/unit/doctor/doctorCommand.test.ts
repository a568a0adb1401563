import { describe, expect, it } from 'vitest';
import { runDoctor } from '../../../src/doctor/doctorCommand.js';
import { reasonOf } from '../../../src/doctor/reason.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import {
  HttpStatusError,
  transportFailed,
  transportMalformed,
  transportTimeout,
} from '../../../src/transport/transportErrors.js';

describe('slipstream doctor', () => {
  it.each([['--help'], ['-h'], ['-help']])('says with %s how it is used', async (flag) => {
    const { text, exitCode } = await runDoctor({ args: [flag, '--l1=x'], env: {} });
    expect(text).toMatch(/^Usage: slipstream doctor \[--json\] FLAGS\n/);
    expect(exitCode).toBe(0);
  });

  it('has a line for each setting that cannot be used, of flags and environment', async () => {
    const env = { OP_NODE_RPC_PORT: 'x' };
    const { text, exitCode } = await runDoctor({ args: ['--nonsense=1'], env });
    const lines = text.split('\n').filter((line) => line.startsWith('error'));
    expect(lines.every((line) => line.startsWith('error    config-invalid: '))).toBe(true);
    expect(text).toContain('config-invalid: --nonsense');
    expect(text).toContain('config-invalid: --rpc.port');
    expect(exitCode).toBe(1);
  });

  it('answers in JSON wherever --json stands', async () => {
    const { text, exitCode } = await runDoctor({ args: ['--nonsense=1', '--json'], env: {} });
    expect(JSON.parse(text)).toMatchObject({ ok: false, warnings: 0 });
    expect(text).not.toContain('--json');
    expect(exitCode).toBe(1);
  });
});

describe('the reason of a failure', () => {
  const url = 'http://h';
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });

  it.each([
    [transportFailed(url, refused), 'nothing listens there'],
    [transportFailed(url, new Error('fetch failed', { cause: refused })), 'nothing listens there'],
    [transportFailed(url, new Error('odd')), 'odd'],
    [transportFailed(url, 'odd'), 'endpoint could not be reached or broke off'],
    [transportTimeout(url, 4_000), 'no answer within 4 s'],
    [transportMalformed(url, 'not JSON'), 'it answers with something malformed: not JSON'],
    [new HttpStatusError(url, 503, ''), 'it answers HTTP 503'],
    [new HttpStatusError(url, 401, 'no'), 'it answers HTTP 401 (no)'],
    [new RpcError('m', -32000, 'no', null), 'it answers error -32000: no'],
    [
      new NodeError('L1_BEACON_ANSWER_INVALID', 'malformed', {
        severity: 'temporary',
        fields: { reason: 'no list' },
      }),
      'malformed: no list',
    ],
    [new Error('plain'), 'plain'],
  ])('is told in plain words: %s', (thrown, reason) => {
    expect(reasonOf(thrown)).toBe(reason);
  });
});
