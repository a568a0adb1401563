import { describe, expect, it } from 'vitest';
import {
  commitmentIn,
  commitmentKind,
  decodeCommitment,
  isCommittedTo,
} from '../../../../src/derive/altda/commitment.js';
import { resolvedInput } from '../../../../src/derive/altda/resolvedInput.js';
import { encodeRlpList, encodeRlpString } from '../../../../src/rollup/rlp.js';
import {
  abiEncode,
  bytesOf,
  commitmentData,
  genericCommitment,
  inputNamed,
  keccakCommitment,
  legacyTx,
  resolveCalldata,
} from '../../../support/altDaRig.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('decodeCommitment', () => {
  it('reads a type and what it allows', () => {
    const keccak = Uint8Array.of(0, ...text('abcdefghijklmnopqrstuvwxyz012345'));
    expect(decodeCommitment(keccak)).toEqual({
      kind: 'keccak',
      encoded: `0x00${Buffer.from('abcdefghijklmnopqrstuvwxyz012345').toString('hex')}`,
    });
    expect(decodeCommitment(Uint8Array.of(1, 7))).toEqual({ kind: 'generic', encoded: '0x0107' });
    expect(decodeCommitment(Uint8Array.of(1, ...new Uint8Array(500)))?.kind).toBe('generic');
  });

  it.each([
    ['nothing', []],
    ['a text without a type', [...text('abcdefghijklmnopqrstuvwxyz012345')]],
    ['a type that is not known', [9, ...text('abcdefghijklmnopqrstuvwxyz012345')]],
    ['a short hash', [0, ...text('ab_baddata_yz012345')]],
    ['a long hash', [0, ...new Uint8Array(33)]],
    ['a type alone', [0]],
    ['a generic one of no bytes', [1]],
  ])('refuses %s', (_, bytes) => {
    expect(decodeCommitment(Uint8Array.from(bytes))).toBeNull();
  });

  it('is found behind the version byte only', () => {
    const commitment = keccakCommitment(inputNamed('a'));
    expect(commitmentIn(commitmentData(commitment))).toEqual(commitment);
    expect(commitmentIn(bytesOf(commitment.encoded))).toBeNull();
    expect(commitmentIn(new Uint8Array(0))).toBeNull();
  });

  it('knows the kinds of a rollup config', () => {
    expect(['KeccakCommitment', 'GenericCommitment'].map(commitmentKind)).toEqual([
      'keccak',
      'generic',
    ]);
  });

  it('tells another input from a hash, and nothing from a generic one', () => {
    const input = inputNamed('a');
    expect(isCommittedTo(keccakCommitment(input), input)).toBe(true);
    expect(isCommittedTo(keccakCommitment(input), inputNamed('b'))).toBe(false);
    expect(isCommittedTo(genericCommitment('a'), inputNamed('b'))).toBe(true);
  });
});

describe('resolvedInput', () => {
  const input = inputNamed('a');
  const calldata = resolveCalldata(keccakCommitment(input), 7, input);

  /** A transaction of that type whose calldata comes behind so many fields. */
  function typed(type: number, before: number): Uint8Array {
    const fields = [...Array<Uint8Array>(before).fill(new Uint8Array(0)), calldata];
    return Uint8Array.of(type, ...encodeRlpList(fields.map(encodeRlpString)));
  }

  it.each([
    ['legacy', legacyTx(calldata)],
    ['access list', typed(1, 6)],
    ['dynamic fee', typed(2, 7)],
    ['blob', typed(3, 7)],
    ['set code', typed(4, 7)],
    ['deposit', typed(0x7e, 7)],
  ])('is the third argument of the calldata of a %s transaction', (_, encoded) => {
    expect(Uint8Array.from(resolvedInput(encoded) ?? [])).toEqual(input);
  });

  it('does not look at what was called, nor at padding, nor at where the bytes stand', () => {
    const other = Uint8Array.of(0, 0, 0, 0, ...calldata.subarray(4, -13));
    expect(Uint8Array.from(resolvedInput(legacyTx(other)) ?? [])).toEqual(input);
    const overlapping = abiEncode([7, 96, 96, input.length]);
    const data = Uint8Array.of(1, 2, 3, 4, ...overlapping, ...input);
    expect(Uint8Array.from(resolvedInput(legacyTx(data)) ?? [])).toEqual(input);
  });

  it.each([
    ['calldata without a selector', legacyTx(Uint8Array.of(1, 2, 3))],
    ['no calldata', legacyTx(new Uint8Array(0))],
    ['cut arguments', legacyTx(calldata.subarray(0, 4 + 64))],
    ['a cut input', legacyTx(calldata.subarray(0, -32))],
    [
      'an offset beyond the end',
      legacyTx(Uint8Array.of(1, 2, 3, 4, ...abiEncode([7, 96, 160, 0]))),
    ],
    [
      'an offset of 32 bytes',
      legacyTx(Uint8Array.of(1, 2, 3, 4, ...abiEncode([7, 96, 2n ** 255n, 0]))),
    ],
    [
      'a length of 32 bytes',
      legacyTx(Uint8Array.of(1, 2, 3, 4, ...abiEncode([7, 96, 96, 2n ** 255n]))),
    ],
    ['an empty input', legacyTx(resolveCalldata(keccakCommitment(input), 7, new Uint8Array(0)))],
    ['an unknown type', typed(5, 7)],
    ['no transaction', Uint8Array.of(0xc0)],
    ['no bytes', new Uint8Array(0)],
  ])('is none with %s', (_, encoded) => {
    expect(resolvedInput(encoded)).toBeNull();
  });
});
