/**
 * Who may import whom. Layers: types < errors < runtime, telemetry, transport, rollup
 * < derive, l1, engine, sequencer, follow, p2p, stores < rpc, status < node < doctor < main. A folder imports only lower layers;
 * domain folders meet through the interfaces in the consumer's ports.ts.
 */
const DOMAIN = ['derive', 'l1', 'engine', 'sequencer', 'follow', 'p2p', 'stores'];
const BASE = ['runtime', 'telemetry', 'transport', 'rollup'];
/** All of derivation but its actors: L1 data in, payload attributes out. */
const PURE_DERIVATION = '^src/derive/(?!actors/)';
const under = (...names) =>
  `^(?:${names.map((n) => (n === 'config' ? 'config' : `src/${n}`)).join('|')})/`;
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(?:src|config|devnet|conformance|bench|test|scripts)/', pathNot: allowed },
});
const npm = (name, packages, allowedFrom) => ({
  name,
  severity: 'error',
  from: { path: '^(?:src|config)/', pathNot: allowedFrom },
  to: { path: `node_modules/(?:${packages.join('|')})(?:/|$)` },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('types-import-nothing-above', under('types'), under('types')),
    only('errors-over-types', under('errors'), under('types', 'errors')),
    only('rollup-is-pure', under('rollup'), under('types', 'errors', 'rollup')),
    only('runtime-layer', under('runtime'), under('types', 'errors', 'runtime')),
    only('telemetry-layer', under('telemetry'), under('types', 'errors', 'runtime', 'telemetry')),
    only(
      'transport-layer',
      under('transport'),
      under('types', 'errors', 'runtime', 'telemetry', 'transport'),
    ),
    ...DOMAIN.map((d) =>
      only(`${d}-meets-peers-through-ports`, under(d), under('types', 'errors', ...BASE, d)),
    ),
    only('derivation-is-pure', PURE_DERIVATION, under('types', 'errors', 'rollup', 'derive')),
    {
      name: 'derivation-does-no-io',
      severity: 'error',
      from: { path: PURE_DERIVATION },
      to: {
        path: '.',
        pathNot:
          '^(?:src/(?:types|errors|rollup)/|src/derive/(?!actors/)|(?:node:)?(?:zlib|buffer|stream)$|node_modules/(?:viem|tiny-secp256k1)/)',
      },
    },
    only('rpc-layer', under('rpc'), under('types', 'errors', ...BASE, 'rpc')),
    only(
      'status-layer',
      under('status'),
      under('types', 'errors', 'runtime', 'telemetry', 'status'),
    ),
    only('the-page-is-of-browsers', '^src/status/page/', '^src/status/(?:page/|words|statusJson)'),
    {
      name: 'the-page-is-in-no-program',
      severity: 'error',
      from: { path: '^(?:src|config)/', pathNot: '^src/status/page/' },
      to: { path: '^src/status/page/' },
    },
    npm('plots-only-in-the-page', ['uplot'], '^src/status/page/'),
    only('config-layer', under('config'), under('types', 'errors', 'rollup', 'config')),
    only(
      'node-layer',
      under('node'),
      under('types', 'errors', ...BASE, ...DOMAIN, 'rpc', 'status', 'config', 'node'),
    ),
    only(
      'doctor-layer',
      under('doctor'),
      under('types', 'errors', ...BASE, ...DOMAIN, 'config', 'node', 'doctor'),
    ),
    npm('convict-only-in-config', ['convict'], '^config/'),
    npm('pino-only-in-telemetry', ['pino', 'prom-client'], '^src/telemetry/'),
    npm(
      'fastify-only-at-servers',
      ['fastify'],
      '^src/(?:rpc/http/server|telemetry/(?:pprof/)?[a-z]+Server)',
    ),
    npm('sockets-only-in-transport', ['undici'], '^src/transport/'),
    npm('web-sockets-only-in-transport-and-at-the-server', ['ws'], '^src/(?:transport|rpc/ws)/'),
    npm('lmdb-only-in-stores', ['lmdb'], '^src/stores/'),
    npm(
      'libp2p-only-where-peers-are-met',
      ['libp2p', '@libp2p', '@chainsafe', '@multiformats', 'interface-datastore'],
      '^src/p2p/(?:host|gossip|discovery|api|createP2pNode)',
    ),
    npm('snappy-only-in-the-codec', ['snappy', 'crc-32'], '^src/p2p/codec/'),
    npm(
      'secp256k1-only-with-keys-and-signatures',
      ['tiny-secp256k1'],
      '^src/(?:p2p/(?:signer/signature|keys)|derive/codec/batcherTx)\\.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
