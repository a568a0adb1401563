import fc from 'fast-check';
import { type ArgumentKind, paramsTexts } from './argumentTexts.js';
import { bytesOf, numberTexts, spaces, stringTexts, valueTexts } from './jsonTexts.js';

/** Methods and what they take. */
const METHODS: Readonly<Record<string, readonly ArgumentKind[]>> = {
  optimism_syncStatus: [],
  optimism_outputAtBlock: ['quantity'],
  optimism_safeHeadAtL1Block: ['quantity'],
  optimism_rollupConfig: [],
  optimism_dependencySet: [],
  optimism_version: [],
  superroot_atTimestamp: ['quantity'],
  health_status: [],
  rpc_modules: [],
  admin_startSequencer: ['hash'],
  admin_stopSequencer: [],
  admin_sequencerActive: [],
  admin_postUnsafePayload: ['payload'],
  admin_overrideLeader: [],
  admin_conductorEnabled: [],
  admin_setRecoverMode: ['flag'],
  admin_setSdmPostExecOptIn: ['flag'],
  admin_sdmStatus: [],
  admin_setLogLevel: ['level'],
  opp2p_self: [],
  opp2p_discoveryTable: [],
  opp2p_blockPeer: ['peer'],
  opp2p_unblockPeer: ['peer'],
  opp2p_blockAddr: ['address'],
  opp2p_unblockAddr: ['address'],
  opp2p_blockSubnet: ['subnet'],
  opp2p_unblockSubnet: ['subnet'],
  opp2p_protectPeer: ['peer'],
  opp2p_unprotectPeer: ['peer'],
  opp2p_connectPeer: ['multiaddr'],
  opp2p_disconnectPeer: ['peer'],
  opstack_openBlockV1: ['payload', 'payload'],
  opstack_commitBlockV1: ['payload'],
};

/**
 * Methods that are only called with more arguments than they take: their answers hang on what else is being asked of each
 * node at that moment. `admin_resetDerivationPipeline` is never called: both nodes would have to derive again. All others
 * that change a node are called on both.
 */
const REFUSED_ONLY: readonly string[] = [
  'opp2p_peers',
  'opp2p_peerStats',
  'opp2p_listBlockedPeers',
  'opp2p_listBlockedAddrs',
  'opp2p_listBlockedSubnets',
];

const UNKNOWN: readonly string[] = [
  ...['eth_chainId', 'eth_blockNumber', 'engine_newPayloadV4', 'net_version', 'optimism_', '_', ''],
  ...['optimism', 'optimism_SyncStatus', 'OPTIMISM_syncStatus', 'optimism_syncStatus ', 'admin_x'],
  ...['optimism.syncStatus', 'optimism_sync_status', 'x_subscribe', 'optimism_subscribe', 'rpc_x'],
  ...['x_unsubscribe', 'x_subscription', '_subscribe', 'subscribe', '\\u006fptimism_version'],
  ...['optimism\\u005fversion', 'a<b>&\\u2028', 'opp2p_', 'opp2p_Self', 'x'.repeat(2049)],
  bytesOf('optimism_versi\u00f6n'),
];

interface Call {
  readonly method: string;
  readonly params: string | null;
}

const named = fc.oneof(
  ...Object.entries(METHODS).map(([name, kinds]) =>
    fc.record({ method: fc.constant(`"${name}"`), params: paramsTexts(kinds) }),
  ),
);
const refused = fc.record({
  method: fc.constantFrom(...REFUSED_ONLY).map((name) => `"${name}"`),
  params: fc.array(valueTexts, { minLength: 1, maxLength: 3 }).map((args) => `[1,${args.join()}]`),
});
const bare = fc.constantFrom(...Object.keys(METHODS)).map((name) => `"${name}"`);
const unknown = fc.constantFrom(...UNKNOWN).map((name) => `"${name}"`);

const calls: fc.Arbitrary<Call> = fc.oneof(
  { weight: 30, arbitrary: named },
  { weight: 3, arbitrary: fc.record({ method: bare, params: fc.constant(null) }) },
  { weight: 2, arbitrary: refused },
  { weight: 4, arbitrary: fc.record({ method: unknown, params: valueTexts }) },
  { weight: 2, arbitrary: fc.record({ method: stringTexts, params: valueTexts }) },
  { weight: 1, arbitrary: fc.record({ method: valueTexts, params: valueTexts }) },
);

const ids = fc.oneof(
  { weight: 10, arbitrary: fc.constant('1') },
  { weight: 4, arbitrary: fc.oneof(numberTexts, stringTexts) },
  { weight: 2, arbitrary: fc.constantFrom('null', 'true', 'false', '[]', '{}', '[1]', '{"a":1}') },
  { weight: 1, arbitrary: valueTexts },
  { weight: 1, arbitrary: fc.constant(null) },
);
const versions = fc.oneof(
  { weight: 16, arbitrary: fc.constant('"2.0"') },
  { weight: 2, arbitrary: fc.constantFrom(null, '"1.0"', '2.0', '2', '"2"', 'null', '" 2.0"') },
  { weight: 1, arbitrary: fc.constantFrom('"2\\u002e0"', '""', '[]', '{}', 'true', '"2.00"') },
);
const KEYS: readonly string[] = [
  ...['jsonrpc', 'id', 'method', 'params', 'result', 'error', 'x', '', 'ID', 'Method', 'PARAMS'],
  ...['\\u0069d', 'id ', 'JsonRpc', 'result\\u0000', bytesOf('param\u017f'), 'error ', '__proto__'],
];
const extras = fc.oneof(
  { weight: 8, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.array(fc.tuple(fc.constantFrom(...KEYS), valueTexts), {
      minLength: 1,
      maxLength: 3,
    }),
  },
);

/** One message: mostly a call, its members in any order, some of them twice. */
export const messageTexts: fc.Arbitrary<string> = fc
  .record({
    call: calls,
    id: ids,
    version: versions,
    extras,
    order: fc.array(fc.nat({ max: 3 }), { maxLength: 7 }),
    space: spaces,
  })
  .map(({ call, id, version, extras: more, order, space }) => {
    const standard: readonly (readonly [string, string | null])[] = [
      ['jsonrpc', version],
      ['id', id],
      ['method', call.method],
      ['params', call.params],
    ];
    const members = [...standard, ...more]
      .filter(([, text]) => text !== null)
      .map(([key, text], i) => ({ text: `"${key}"${space}:${space}${text}`, at: order[i] ?? 0 }))
      .sort((a, b) => a.at - b.at);
    return `{${space}${members.map(({ text }) => text).join(`,${space}`)}}`;
  });

const batches = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: messageTexts },
        { weight: 1, arbitrary: valueTexts },
        { weight: 1, arbitrary: fc.constantFrom('{}', '[]', '1', 'null', '""', '[1]') },
      ),
      { maxLength: 6 },
    ),
    spaces,
  )
  .map(([items, space]) => `[${items.join(`${space},`)}${space}]`);

/** Request bodies, as byte strings. */
export const bodies: fc.Arbitrary<string> = fc
  .tuple(
    spaces,
    fc.oneof(
      { weight: 12, arbitrary: messageTexts },
      { weight: 4, arbitrary: batches },
      { weight: 1, arbitrary: valueTexts },
      { weight: 1, arbitrary: fc.constantFrom('', '[]', '{}', '[', '{', '[[]]', '\xef\xbb\xbf{}') },
    ),
    fc.oneof(
      { weight: 20, arbitrary: spaces },
      { weight: 1, arbitrary: valueTexts },
      { weight: 1, arbitrary: messageTexts },
    ),
  )
  .map((parts) => parts.join(''));
