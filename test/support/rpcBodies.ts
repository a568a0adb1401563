import fc from 'fast-check';

const list = (texts: string): readonly string[] => texts.trim().split(/\s+/);

/** Values of JSON, as byte strings, and texts that are none. */
const VALID: readonly string[] = [
  ...list('1 0 -0 1.50 1e400 -1e-9 9007199254740993 1234567890123456789 null true'),
  ...list(
    '"a" "" "\\u0041\\n\\"" "\\ud800" "\xc3\xbc" "\xff" "<&>" {} {"a":[1,{"b":null}]} [] [[[]]]',
  ),
];
const INVALID: readonly string[] = ['', ...list('01 .5 False "\x01" "\\x" [1,2 " \x00')];
const METHODS = list(
  `optimism_syncStatus optimism_version optimism_outputAtBlock optimism_safeHeadAtL1Block admin_sequencerActive
  optimism_nothing rpc_modules ${'x'.repeat(3_000)} no`,
).map((name) => `"${name.trim()}"`);
const PARAMS: readonly string[] = [
  ...list(
    '[] [] ["0x1"] ["0x1"] ["0x01"] ["latest"] ["0x1","0x2"] [1] [1e400] [null] [-0] null {}',
  ),
  ...list('[[["0x1"]]] ["\\u0030x1"] [{"a":"\xff"}] ["\x01"] ["\\"] ["\\x"]'),
  '[ "0x1" ]',
];
const KEYS = list('jsonrpc id method params ID Method m\\u0065thod x error');

const mostly = (usual: readonly string[]) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...usual) },
    { weight: 3, arbitrary: fc.constantFrom(...VALID) },
    { weight: 2, arbitrary: fc.constantFrom(...INVALID) },
  );
const space = fc.constantFrom('', '', '', ' ', '\n', '\t ', '\r\n');

const usualCall = fc
  .record({ id: mostly(VALID), method: mostly(METHODS), params: mostly(PARAMS) })
  .map(
    ({ id, method, params }) =>
      `{"jsonrpc":"2.0","id":${id},"method":${method},"params":${params}}`,
  );

/** Members in any order, some twice, left out, or by another name of the same meaning, with blanks. */
const oddCall = fc
  .array(fc.tuple(fc.constantFrom(...KEYS), mostly([...METHODS, ...PARAMS, ...VALID]), space), {
    maxLength: 5,
  })
  .map((members) => {
    const texts = members.map(([key, value, gap]) => `${gap}"${key}"${gap}:${gap}${value}${gap}`);
    return `{${['"jsonrpc":"2.0"', '"id":1', '"method":"optimism_version"', ...texts].join(',')}}`;
  });

const call = fc.oneof(
  { weight: 6, arbitrary: usualCall },
  { weight: 3, arbitrary: oddCall },
  { weight: 1, arbitrary: mostly(VALID) },
);

const change = fc.record({
  at: fc.nat(),
  cut: fc.nat(2),
  by: fc.constantFrom('', ...VALID, ...INVALID, ',', ']', '}', '\xa0'),
});

/** Bodies of JSON-RPC as byte strings: requests and batches, most of them well-formed, some changed at one place or followed by something. */
export const rpcBodies = fc
  .record({
    calls: fc.oneof(fc.array(usualCall, { maxLength: 4 }), fc.array(call, { maxLength: 4 })),
    isBatch: fc.boolean(),
    gap: space,
    change: fc.option(change, { freq: 1 }),
    behind: fc.constantFrom('', '', '', '\n', ' x', '[]', '\xef\xbb\xbf'),
  })
  .map(({ calls, isBatch, gap, change: made, behind }) => {
    const body = isBatch ? `[${calls.join(`${gap},${gap}`)}]` : (calls[0] ?? '');
    if (made === null) return `${body}${behind}`;
    const at = made.at % (body.length + 1);
    return `${body.slice(0, at)}${made.by}${body.slice(at + made.cut)}${behind}`;
  });
