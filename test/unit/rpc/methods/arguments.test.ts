import { describe, expect, it } from 'vitest';
import {
  GO_BOOL,
  type GoArgs,
  goPointer,
  goString,
  parseArguments,
} from '../../../../src/rpc/json/goDecode.js';
import { GO_BYTES, GO_HASH, GO_UINT64, GO_UINT256 } from '../../../../src/rpc/json/goHex.js';
import { GO_ENVELOPE, toEnvelope } from '../../../../src/rpc/methods/payloadArg.js';

const HASH = `0x${'Ab'.repeat(32)}`;

/** The values, or the text of the fault. */
function parsed<A extends readonly unknown[]>(params: string | null, types: GoArgs<A>): A | string {
  try {
    return parseArguments(params, types);
  } catch (error) {
    expect(error).toMatchObject({ name: 'RpcFault', code: -32602 });
    return (error as Error).message;
  }
}

const typed = (what: string, type: string): string =>
  `invalid argument 0: json: cannot unmarshal ${what} into Go value of type ${type}`;

describe('positional arguments', () => {
  it('may be absent, null or an empty list where none is required', () => {
    for (const params of [null, 'null', '[]', '[ ]']) {
      expect(parsed(params, [])).toEqual([]);
      expect(parsed(params, [goPointer(GO_HASH)])).toEqual([undefined]);
      expect(parsed(params, [GO_HASH])).toBe('missing value for required argument 0');
    }
  });

  it.each(['{}', '"0x1"', '5', 'false'])('must be a list, not %s', (params) => {
    expect(parsed(params, [])).toBe('non-array args');
  });

  it.each(['1e400', '-1e400', `1${'0'.repeat(309)}`])(
    'must be a number at least, not %s',
    (params) => {
      expect(parsed(params, [])).toBe(
        `json: cannot unmarshal number ${params} into Go value of type float64`,
      );
    },
  );

  it('are counted after those before have been read', () => {
    expect(parsed('["x"]', [])).toBe('too many arguments, want at most 0');
    expect(parsed('["0x1","0x2"]', [GO_UINT64])).toBe('too many arguments, want at most 1');
    expect(parsed('["0xg","0x2"]', [GO_UINT64])).toBe(
      typed('invalid hex string', 'hexutil.Uint64'),
    );
    expect(parsed('["0x1"]', [GO_UINT64, GO_UINT64])).toBe('missing value for required argument 1');
  });
});

describe('scalars', () => {
  it.each([
    ['"0x1"', [1n]],
    ['"0X1f"', [31n]],
    ['""', [0n]],
    ['"0x0"', [0n]],
    ['"0xffffffffffffffff"', [(1n << 64n) - 1n]],
    ['"0x"', typed('hex string "0x"', 'hexutil.Uint64')],
    ['"0x01"', typed('hex number with leading zero digits', 'hexutil.Uint64')],
    ['"0xfffffffffffffffff"', typed('hex number > 64 bits', 'hexutil.Uint64')],
    ['"0xgggggggggggggggggg"', typed('hex number > 64 bits', 'hexutil.Uint64')],
    ['"0x\\u0031"', typed('invalid hex string', 'hexutil.Uint64')],
    ['"latest"', typed('hex string without 0x prefix', 'hexutil.Uint64')],
    ['1', typed('non-string', 'hexutil.Uint64')],
    ['null', typed('non-string', 'hexutil.Uint64')],
  ])('reads the quantity %s', (json, expected) => {
    expect(parsed(`[${json}]`, [GO_UINT64])).toEqual(expected);
  });

  it.each([
    [`"${HASH}"`, [HASH.toLowerCase()]],
    ['""', 'invalid argument 0: hex string has length 0, want 64 for common.Hash'],
    ['"0x12"', 'invalid argument 0: hex string has length 2, want 64 for common.Hash'],
    [`"${HASH}0"`, typed('hex string of odd length', 'common.Hash')],
    [`"0x${'z'.repeat(64)}"`, typed('invalid hex string', 'common.Hash')],
    ['{}', typed('non-string', 'common.Hash')],
  ])('reads the hash %s', (json, expected) => {
    expect(parsed(`[${json}]`, [GO_HASH])).toEqual(expected);
  });

  it('reads bytes of any length and 256-bit numbers', () => {
    expect(parsed('["0xAB00",""]', [GO_BYTES, GO_BYTES])).toEqual(['0xab00', '0x']);
    expect(parsed(`["0x${'f'.repeat(64)}"]`, [GO_UINT256])).toEqual([(1n << 256n) - 1n]);
    expect(parsed(`["0x${'f'.repeat(65)}"]`, [GO_UINT256])).toBe(
      typed('hex number > 256 bits', '*uint256.Int'),
    );
  });

  it.each([
    ['true', [true]],
    ['null', [false]],
    ['"true"', typed('string', 'bool')],
    ['1', typed('number', 'bool')],
    ['[]', typed('array', 'bool')],
  ])('reads the flag %s', (json, expected) => {
    expect(parsed(`[${json}]`, [GO_BOOL])).toEqual(expected);
  });

  it.each([
    ['"a\\u0062"', ['ab']],
    ['null', ['']],
    ['-1', typed('number', 'string')],
    ['false', typed('bool', 'string')],
    ['{}', typed('object', 'string')],
  ])('reads the string %s', (json, expected) => {
    expect(parsed(`[${json}]`, [goString('string')])).toEqual(expected);
  });
});

describe('a payload', () => {
  const field = (what: string, path: string, type: string): string =>
    `invalid argument 0: json: cannot unmarshal ${what} into Go struct field ExecutionPayload.executionPayload.${path} of type ${type}`;

  // The texts were answered by op-node v1.19.0.
  it.each([
    ['"parentHash":null', field('non-string', 'parentHash', 'common.Hash')],
    ['"parentHash":"0x12"', 'invalid argument 0: hex string has length 2, want 64 for common.Hash'],
    ['"stateRoot":"0x1"', field('hex string of odd length', 'stateRoot', '*eth.Bytes32')],
    [
      '"logsBloom":"0x00"',
      'invalid argument 0: hex string has length 2, want 512 for *eth.Bytes256',
    ],
    ['"BLOCKNUMBER":true', field('non-string', 'blockNumber', 'hexutil.Uint64')],
    ['"extraData":null', field('non-string', 'extraData', 'hexutil.Bytes')],
    ['"baseFeePerGas":7', field('non-string', 'baseFeePerGas', '*uint256.Int')],
    ['"transactions":"x"', field('string', 'transactions', '[]hexutil.Bytes')],
    ['"transactions":["0x1"]', field('hex string of odd length', 'transactions', 'hexutil.Bytes')],
    ['"withdrawals":{}', field('object', 'withdrawals', 'types.Withdrawals')],
    ['"withdrawals":[1]', field('number', 'withdrawals', 'types.Withdrawal')],
    ['"withdrawals":[{"index":1}]', field('non-string', 'withdrawals.index', 'hexutil.Uint64')],
    ['"transactions":{},"gasUsed":1', field('non-string', 'gasUsed', 'hexutil.Uint64')],
    ['"transactions":{},"withdrawals":1', field('object', 'transactions', '[]hexutil.Bytes')],
    [
      `"extraData":"0x${'00'.repeat(33)}"`,
      `invalid argument 0: input too long, expected at most 32 hex-encoded, 0x-prefixed, bytes: 223078${'30'.repeat(66)}22`,
    ],
  ])("with %s is refused with op-node's text", (fields, text) => {
    expect(parsed(`[{"executionPayload":{${fields}}}]`, [GO_ENVELOPE])).toBe(text);
  });

  it('is refused as a whole where it is no object', () => {
    expect(parsed('["x"]', [GO_ENVELOPE])).toBe(typed('string', 'eth.ExecutionPayloadEnvelope'));
    expect(parsed('[{"executionPayload":[]}]', [GO_ENVELOPE])).toBe(
      'invalid argument 0: json: cannot unmarshal array into Go struct field ExecutionPayloadEnvelope.executionPayload of type eth.ExecutionPayload',
    );
  });

  it('has no fields but those that were sent', () => {
    const args = parsed(
      '[{"executionPayload":{"blockNumber":"0x2","withdrawals":[],"blobGasUsed":null}}]',
      [GO_ENVELOPE],
    );
    const envelope = typeof args === 'string' ? null : toEnvelope(args[0]);
    expect(envelope).not.toHaveProperty('parentBeaconBlockRoot');
    expect(envelope?.executionPayload).toMatchObject({
      blockNumber: 2n,
      gasUsed: 0n,
      withdrawals: [],
    });
    for (const absent of ['blobGasUsed', 'excessBlobGas', 'withdrawalsRoot']) {
      expect(envelope?.executionPayload).not.toHaveProperty(absent);
    }
  });

  it('keeps its withdrawals, null fields as zero', () => {
    const withdrawal = `{"index":"0x1","validatorIndex":null,"address":"0x${'11'.repeat(20)}","amount":"0x7"}`;
    const args = parsed(`[{"executionPayload":{"withdrawals":[${withdrawal}]}}]`, [GO_ENVELOPE]);
    expect(
      typeof args === 'string' ? args : toEnvelope(args[0])?.executionPayload.withdrawals,
    ).toEqual([{ index: 1n, validatorIndex: 0n, address: `0x${'11'.repeat(20)}`, amount: 7n }]);
  });

  it.each(['null', '{}', '{"executionPayload":null}'])('is missing in %s', (json) => {
    const args = parsed(`[${json}]`, [GO_ENVELOPE]);
    expect(typeof args === 'string' ? args : toEnvelope(args[0])).toBeNull();
  });
});
