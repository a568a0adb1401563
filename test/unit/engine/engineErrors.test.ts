import { describe, expect, it } from 'vitest';
import type { EngineFault } from '../../../src/engine/engineErrors.js';
import {
  buildStartError,
  classifyEngineFault,
  describeStatus,
  forkchoiceError,
  isAnswered,
  payloadError,
  statusError,
} from '../../../src/engine/engineErrors.js';
import type { Severity } from '../../../src/errors/nodeError.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { abortedError } from '../../../src/runtime/abort.js';
import { RpcError } from '../../../src/transport/ports.js';

const rpc = (code: number): RpcError => new RpcError('engine_x', code, 'said no', undefined);
const transport = new NodeError('TRANSPORT_TIMEOUT', 'too slow', { severity: 'temporary' });

/** What fails, what it is, and the severity of a forkchoice update, a payload call and a build start. */
const ROWS: readonly (readonly [string, unknown, EngineFault, Severity, Severity, Severity])[] = [
  ['-38002', rpc(-38002), 'forkchoice', 'reset', 'temporary', 'reset'],
  ['-38003', rpc(-38003), 'attributes', 'temporary', 'temporary', 'temporary'],
  ['-38001', rpc(-38001), 'unknownPayload', 'temporary', 'temporary', 'reset'],
  ['-38004', rpc(-38004), 'engine', 'temporary', 'temporary', 'reset'],
  ['-38005', rpc(-38005), 'engine', 'temporary', 'temporary', 'reset'],
  ['-38099', rpc(-38099), 'engine', 'temporary', 'temporary', 'reset'],
  ['-38100', rpc(-38100), 'generic', 'temporary', 'temporary', 'temporary'],
  ['-32000', rpc(-32000), 'generic', 'temporary', 'temporary', 'temporary'],
  ['-32601', rpc(-32601), 'generic', 'temporary', 'temporary', 'temporary'],
  ['a timeout', transport, 'transport', 'temporary', 'temporary', 'temporary'],
];

describe('engine error mapping', () => {
  it.each(ROWS)('maps %s', (_name, thrown, fault, forkchoice, payload, start) => {
    expect(classifyEngineFault(thrown)).toBe(fault);
    expect(forkchoiceError(thrown, 'x').severity).toBe(forkchoice);
    expect(payloadError(thrown, 'x').severity).toBe(payload);
    expect(buildStartError(thrown).severity).toBe(start);
  });

  it.each([
    [rpc(-32602), 'ENGINE_PAYLOAD_REFUSED', true],
    [rpc(-38005), 'ENGINE_PAYLOAD_REFUSED', true],
    [rpc(-32000), 'ENGINE_CALL_FAILED', true],
    [transport, 'ENGINE_CALL_FAILED', true],
    [
      new NodeError('TRANSPORT_FAILED', 'down', { severity: 'temporary' }),
      'ENGINE_CALL_FAILED',
      false,
    ],
  ] as const)(
    'tells a payload that never fits from a call that failed: %s',
    (thrown, code, heard) => {
      const error = payloadError(thrown, 'x');
      expect(error).toMatchObject({ code, severity: 'temporary' });
      expect(isAnswered(error)).toBe(heard);
    },
  );

  it('keeps the cause and its text', () => {
    const error = forkchoiceError(rpc(-38002), 'failed to sync forkchoice');
    expect(error.code).toBe('ENGINE_FORKCHOICE_INCONSISTENT');
    expect(error.message).toBe('failed to sync forkchoice: said no');
    expect(error.cause).toBeInstanceOf(RpcError);
  });

  it.each([
    ['the stop of the node', abortedError(), 'ABORTED', 'temporary'],
    ['a bug', new TypeError('undefined is not a function'), 'UNEXPECTED', 'critical'],
  ] as const)('passes on %s', (_name, thrown, code, severity) => {
    for (const map of [
      (e: unknown) => forkchoiceError(e, 'x'),
      (e: unknown) => payloadError(e, 'x'),
      buildStartError,
    ]) {
      expect(map(thrown)).toMatchObject({ code, severity });
    }
  });

  it('describes a status with and without a reason', () => {
    const status = { status: 'INVALID', latestValidHash: null, validationError: 'bad' } as const;
    expect(describeStatus(status)).toBe('INVALID (bad)');
    expect(describeStatus({ ...status, validationError: null })).toBe('INVALID');
    expect(statusError('temporary', 'no', status)).toMatchObject({
      code: 'ENGINE_CALL_FAILED',
      message: 'no: INVALID (bad)',
    });
    expect(statusError('reset', 'no', status).code).toBe('ENGINE_FORKCHOICE_INCONSISTENT');
  });
});
