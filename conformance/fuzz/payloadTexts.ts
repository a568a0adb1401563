import fc from 'fast-check';
import { valueTexts } from './jsonTexts.js';

const bytes = (digits: string, count: number) => `"0x${digits.repeat(count)}"`;

/** The fields of a payload, each with a value that is taken. The block hash fits none of them. */
const FIELDS: readonly (readonly [name: string, text: string])[] = [
  ['parentHash', bytes('01', 32)],
  ['feeRecipient', bytes('42', 20)],
  ['stateRoot', bytes('02', 32)],
  ['receiptsRoot', bytes('03', 32)],
  ['logsBloom', bytes('00', 256)],
  ['prevRandao', bytes('04', 32)],
  ['blockNumber', '"0x7"'],
  ['gasLimit', '"0x1c9c380"'],
  ['gasUsed', '"0x5208"'],
  ['timestamp', '"0x6b000000"'],
  ['extraData', '"0x00000000fa00000006"'],
  ['baseFeePerGas', '"0x3b9aca00"'],
  ['blockHash', bytes('05', 32)],
  ['transactions', '["0x7e01","0x02c0"]'],
  ['withdrawals', '[]'],
  ['blobGasUsed', '"0x0"'],
  ['excessBlobGas', '"0x0"'],
  ['withdrawalsRoot', bytes('06', 32)],
];

/** Values that stand instead of right ones. */
const ODD: readonly string[] = [
  ...['null', '""', '"0x"', '"0x0"', '"0x1"', '"0x01"', '7', '"7"', '[]', '{}', 'true', '[null]'],
  ...['"0xffffffffffffffff"', '"0x10000000000000000"', '"0xzz"', '"0X01"', '"0xAb"'],
  ...[bytes('ff', 32), bytes('ff', 33), bytes('AA', 20), `"0x1${'0'.repeat(64)}"`, '"\\u0030x1"'],
  ...['[{"index":"0x1","validatorIndex":"0x2","address":"0x","amount":"0x3"}]', '[{}]', '["0x"]'],
  `[{"index":"0x1","validatorIndex":null,"address":${bytes('aa', 20)},"amount":"0x3"}]`,
];

type Change = (fields: [string, string][]) => void;

const names = fc.constantFrom(...FIELDS.map(([name]) => name));
const odd = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: valueTexts },
);

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(names, odd).map(
    ([name, text]): Change =>
      (fields) => {
        const at = fields.findIndex(([field]) => field === name);
        if (at >= 0) fields[at] = [name, text];
      },
  ),
  names.map(
    (name): Change =>
      (fields) => {
        const at = fields.findIndex(([field]) => field === name);
        if (at >= 0) fields.splice(at, 1);
      },
  ),
  fc.tuple(names, odd).map(
    ([name, text]): Change =>
      (fields) =>
        fields.push([name, text]),
  ),
  names.map(
    (name): Change =>
      (fields) => {
        const found = fields.find(([field]) => field === name);
        if (found) found[0] = name.toUpperCase();
      },
  ),
);

const payloads = fc.array(changes, { maxLength: 3 }).map((made) => {
  const fields = FIELDS.map(([name, text]): [string, string] => [name, text]);
  for (const change of made) change(fields);
  return `{${fields.map(([name, text]) => `"${name}":${text}`).join(',')}}`;
});

const roots = fc.oneof(
  { weight: 4, arbitrary: fc.constant(`"parentBeaconBlockRoot":${bytes('07', 32)},`) },
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: odd.map((text) => `"parentBeaconBlockRoot":${text},`) },
);

/** Envelopes of payloads for `admin_postUnsafePayload`: none has the hash of its block. */
export const payloadTexts: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(roots, payloads)
      .map(([root, payload]) => `{${root}"executionPayload":${payload}}`),
  },
  { weight: 1, arbitrary: odd.map((text) => `{"executionPayload":${text}}`) },
);
