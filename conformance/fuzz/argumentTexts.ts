import fc from 'fast-check';
import { stringTexts, valueTexts } from './jsonTexts.js';
import { payloadTexts } from './payloadTexts.js';

/** What a method wants at one place of its parameters. */
export type ArgumentKind =
  | 'quantity'
  | 'hash'
  | 'flag'
  | 'level'
  | 'payload'
  | 'peer'
  | 'address'
  | 'subnet'
  | 'multiaddr';

const quoted = (texts: readonly string[]) => texts.map((text) => `"${text}"`);
const HASH = '1f'.repeat(32);
/** A peer id that is nobody's, in the two spellings. */
const PEER = '16Uiu2HAkw5gXznubTJea2wdX3csqdjHrdad9CxUjWq69fRXxMkX4';
const PEERS = [PEER, 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'];

const QUANTITIES = quoted([
  ...['0x', '', '0x00', '0x01', '0X1', '0xA', '0xg', '0x-1', '-0x1', '1', '0b1', 'x1', ' 0x1'],
  ...['0x1 ', '0xffffffffffffffff', '0x10000000000000000', '0x7fffffffffffffff', '0x1_0', '0x1.0'],
  ...['0x8000000000000000', 'latest', 'earliest', 'finalized', 'pending', '\\u0030x1', `0x${HASH}`],
]);
const HASHES = quoted([
  ...[`0x${HASH}`, `0X${HASH}`, HASH, `0x${HASH.toUpperCase()}`, `0x${HASH}0`, `0x${HASH}00`],
  ...['0x', '', '0x1', `0x${HASH.slice(1)}g`, `0x${HASH.slice(2)}`, `0x${HASH.slice(1)}`],
]);
const LEVELS = quoted([
  ...['info', 'INFO', 'Info', 'warn', 'error', 'crit', 'eror', ' info', 'info ', 'fatal', '0', ''],
  ...['debug+1', 'warning', 'ERR', 'lvl', 'info\\u0000', '\\u0069nfo', '\xc4\xb0nfo'],
]);
const ADDRESSES = quoted([
  ...['10.1.2.3', '0.0.0.0', '::1', '::ffff:10.1.2.3', 'fe80::1%eth0', '1.2.3', '01.2.3.4', '::'],
  ...['256.1.1.1', '1.2.3.4/8', ' 1.2.3.4', '1.2.3.4 ', '[::1]', '1::2::3', '0x7f.0.0.1', '', 'a'],
  ...['2001:DB8::A', '2001:0db8:0:0:0:0:0:1', '::1.2.3.4', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:8:9'],
]);
const MASKS = [
  '"//8AAA=="',
  '"/////w=="',
  '"AA=="',
  '""',
  '"//8AAA"',
  '"!"',
  'null',
  '"_-8AAA=="',
  '[255]',
];
const SUBNETS = quoted(['10.9.0.0/16', '::/0', '10.9.0.0', '1.2.3.4/33', '1.2.3.4/08', '/8', '']);
/** None that could be dialled: a dial takes as long as it takes. */
const MULTIADDRS = quoted([
  ...['', '/', 'a', '/ip4', '/ip4/1.2.3.4', '/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3/tcp/1', '/nope/1'],
  ...['/ip4/127.0.0.1/tcp/99999', `/p2p/${PEER}x`, '/ip6/::1/tcp/1', '//ip4/1.2.3.4', '/tcp/1/p2p'],
]);

const GOOD: Readonly<Record<ArgumentKind, fc.Arbitrary<string>>> = {
  quantity: fc.oneof(
    fc.integer({ min: 0, max: 300 }).map((number) => `"0x${number.toString(16)}"`),
    fc.constantFrom(...QUANTITIES),
  ),
  hash: fc.constantFrom(...HASHES),
  flag: fc.constantFrom('true', 'false', '"true"', '1', 'TRUE', 'null'),
  level: fc.constantFrom(...LEVELS),
  payload: payloadTexts,
  peer: fc.constantFrom(
    ...quoted([...PEERS, PEER.slice(1), `${PEER}x`, PEER.toLowerCase(), '', ` ${PEER}`]),
    ...quoted([
      'bafzaajaiaejca',
      'z6Mk',
      '12D3KooW',
      'Qm',
      '1',
      `\\u0031${PEER.slice(1)}`,
      'enr:-',
    ]),
  ),
  address: fc.constantFrom(...ADDRESSES),
  subnet: fc.oneof(
    fc.constantFrom(...SUBNETS),
    fc
      .tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...MASKS))
      .map(([address, mask]) => `{"IP":${address},"Mask":${mask}}`),
  ),
  multiaddr: fc.constantFrom(...MULTIADDRS),
};

/** The parameters of a method with these arguments: mostly of the right number and kind. */
export function paramsTexts(kinds: readonly ArgumentKind[]): fc.Arbitrary<string> {
  const args = fc.tuple(...kinds.map(argumentTexts));
  const list = (texts: readonly string[]) => `[${texts.join(',')}]`;
  return fc.oneof(
    { weight: 12, arbitrary: args.map(list) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(args, fc.array(valueTexts, { minLength: 1, maxLength: 3 }))
        .map(([right, more]) => list([...right, ...more])),
    },
    { weight: 1, arbitrary: args.map((right) => list(right.slice(1))) },
    { weight: 1, arbitrary: args.map((right) => right[0] ?? 'null') },
    { weight: 1, arbitrary: valueTexts },
  );
}

function argumentTexts(kind: ArgumentKind): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: GOOD[kind] },
    { weight: 1, arbitrary: stringTexts },
    { weight: 1, arbitrary: valueTexts },
  );
}
