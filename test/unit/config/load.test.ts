import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import type { NodeConfig } from '../../../config/nodeConfig.js';
import type { Env } from '../../../config/readEnv.js';
import { hasCode } from '../../../src/errors/nodeError.js';
import { BASE_ARGS, BASE_FILES, filesOf, ROLLUP } from '../../support/configFiles.js';

interface Given {
  readonly args?: readonly string[];
  /** Base flags to leave out, by name. */
  readonly without?: readonly string[];
  readonly env?: Env;
  readonly files?: Readonly<Record<string, unknown>>;
}

function loadWith(given: Given = {}): NodeConfig {
  const without = given.without ?? [];
  const base = BASE_ARGS.filter((arg) => !without.some((name) => arg.startsWith(`--${name}=`)));
  const files = filesOf({ ...BASE_FILES, ...given.files });
  return load([...base, ...(given.args ?? [])], given.env ?? {}, files);
}

function problemsOf(given: Given): readonly string[] {
  try {
    loadWith(given);
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    expect(error.severity).toBe('critical');
    expect(error.message.split('\n')).toEqual(error.fields.problems);
    return error.message.split('\n');
  }
  return [];
}

const FOLLOW = '--l2.follow.source=http://127.0.0.1:9545';
const VERIFY = '--l2.follow.verify';

describe('precedence', () => {
  const config = { rpc: { port: 1 }, metrics: { port: 2 }, conductor: { rpc: 'http://c' } };

  it('takes a flag before the environment before the config file before the default', () => {
    const loaded = loadWith({
      args: ['--config=node.json', '--rpc.port=11'],
      env: { OP_NODE_RPC_PORT: '12', OP_NODE_METRICS_PORT: '12' },
      files: { 'node.json': config },
    });
    expect(loaded.rpc.port).toBe(11);
    expect(loaded.metrics.port).toBe(12);
    expect(loaded.conductor.url).toBe('http://c');
    expect(loaded.rpc.addr).toBe('0.0.0.0');
  });

  it('finds the config file by its variable', () => {
    const loaded = loadWith({
      env: { OP_NODE_CONFIG: 'node.json' },
      files: { 'node.json': config },
    });
    expect(loaded.rpc.port).toBe(1);
  });

  it('takes the config file of the flag before that of the variable', () => {
    const loaded = loadWith({
      args: ['--config=a.json'],
      env: { OP_NODE_CONFIG: 'b.json' },
      files: { 'a.json': { rpc: { port: 1 } }, 'b.json': { rpc: { port: 2 } } },
    });
    expect(loaded.rpc.port).toBe(1);
  });

  it('lets a list of a stronger source replace the weaker one as a whole', () => {
    const loaded = loadWith({
      args: ['--l2.follow.source=http://a,http://b', '--l2.follow.source', 'http://c'],
      env: { OP_NODE_L2_FOLLOW_SOURCE: 'http://d' },
    });
    expect(loaded.follow?.sources).toEqual(['http://a', 'http://b', 'http://c']);
  });
});

describe('defaults', () => {
  it("gives op-node's values where nothing is set", () => {
    const loaded = loadWith();
    expect(loaded).toMatchObject({
      network: null,
      l1: {
        url: 'http://127.0.0.1:8545',
        trustRpc: false,
        rpcKind: 'standard',
        rateLimit: 0,
        maxBatchSize: 20,
        maxConcurrency: 10,
        cacheSize: 900,
        httpPollIntervalMs: 12_000,
        epochPollIntervalMs: 384_000,
      },
      beacon: { url: 'http://127.0.0.1:5052', header: null, fallbackUrls: [] },
      engine: { jwtSecretPath: 'jwt.txt', rpcTimeoutMs: 10_000, kind: 'reth' },
      sync: { mode: 'consensus-layer', offsetElSafeMs: 0 },
      follow: null,
      rpc: { addr: '0.0.0.0', port: 9545, isAdminEnabled: false, adminStatePath: null },
      metrics: { isEnabled: false, addr: '0.0.0.0', port: 7300 },
      log: { level: 'INFO', format: 'text', color: null, pid: false },
      sequencer: { isEnabled: false, l1Confs: 4, sealingDurationMs: 50 },
      derivation: { l1Confs: 0, finalityLookback: null, finalityDelay: null },
      safeDbPath: null,
      dependencySet: null,
      notices: [],
    });
    expect(loaded.rollup.l2ChainId).toBe(901n);
    expect(loaded.l1ChainConfig?.chainId).toBe(900n);
  });

  it('gives the defaults of follow mode', () => {
    expect(loadWith({ args: [FOLLOW] }).follow).toEqual({
      sources: ['http://127.0.0.1:9545'],
      headers: [{}],
      rpcTimeoutMs: 10_000,
      pollIntervalMs: 2_000,
      quorum: 0,
      maxLag: 0,
      isPushEnabled: true,
      blocksUrl: null,
      isVerifyEnabled: false,
    });
  });

  it('makes the L1 cache 3/2 of the sequencing window where its size is 0', () => {
    expect(loadWith({ args: ['--l1.cache-size=0'] }).l1?.cacheSize).toBe(300);
  });

  it('freezes the whole tree', () => {
    const loaded = loadWith();
    expect(Object.isFrozen(loaded.rollup.genesis.systemConfig)).toBe(true);
    expect(Object.isFrozen(loaded.beacon?.fallbackUrls)).toBe(true);
  });
});

describe('config file', () => {
  it('takes follow mode as the documented tree, and the object form beside it', () => {
    const short = loadWith({
      args: ['--config', 'node.json'],
      files: { 'node.json': { l2: { follow: { source: 'http://a' } } } },
    });
    expect(short.follow?.sources).toEqual(['http://a']);
    const long = loadWith({
      args: ['--config', 'node.json'],
      without: ['l1', 'l2'],
      files: {
        'node.json': {
          l1: { value: 'http://one', trustrpc: true, 'http-poll-interval': '500ms' },
          l2: {
            value: 'http://two',
            follow: { source: { value: ['http://a', 'http://b'], 'rpc-timeout': '3s' }, quorum: 2 },
          },
        },
      },
    });
    expect(long.l1).toMatchObject({ url: 'http://one', trustRpc: true, httpPollIntervalMs: 500 });
    expect(long.engine.url).toBe('http://two');
    expect(long.follow).toMatchObject({
      sources: ['http://a', 'http://b'],
      rpcTimeoutMs: 3_000,
      quorum: 2,
    });
  });

  it('takes dotted names and aliases, too', () => {
    const loaded = loadWith({
      args: ['--config', 'node.json'],
      files: {
        'node.json': { 'l2.follow.source': 'http://a', 'l1.beacon-archiver': ['http://b'] },
      },
    });
    expect(loaded.follow?.sources).toEqual(['http://a']);
    expect(loaded.beacon?.fallbackUrls).toEqual(['http://b']);
  });

  it('reports unknown names, bad values and repeated names, each on a line', () => {
    const problems = problemsOf({
      args: ['--config', 'node.json'],
      files: {
        'node.json': {
          rpc: { prot: 1, port: 'x', 'enable-admin': 1 },
          network: { deep: { er: 'x' } },
          config: 'other.json',
          log: { level: ['INFO'] },
          l1: { 'max-concurrency': 1.5 },
          'metrics.port': 1,
          metrics: { port: 1 },
        },
      },
    });
    expect(problems).toEqual([
      'rpc.prot (node.json): 1: expected the name of a flag, did you mean rpc.port?',
      '--rpc.port (node.json): "x": expected a whole number',
      '--rpc.enable-admin (node.json): 1: expected true or false',
      'network.deep.er (node.json): "x": expected the name of a flag',
      '--config (node.json): "other.json": expected it outside of a config file',
      '--log.level (node.json): ["INFO"]: expected one of TRACE, DEBUG, INFO, WARN, ERROR, CRIT',
      '--l1.max-concurrency (node.json): 1.5: expected a whole number',
      '--metrics.port (node.json): 1: expected it only once in the file',
    ]);
  });

  it('names a file that is missing or not JSON', () => {
    expect(problemsOf({ args: ['--config=gone.json'] })).toEqual([
      '--config: "gone.json": expected a JSON file: ENOENT: no such file, open \'gone.json\'',
    ]);
    expect(problemsOf({ args: ['--config=a.json'], files: { 'a.json': '[1]' } })).toEqual([
      '--config: "a.json": expected a JSON object in it',
    ]);
  });
});

describe('problems', () => {
  it('lists unknown flags, bad values, missing flags and conflicts in one report', () => {
    const problems = problemsOf({
      without: ['l2', 'l2.jwt-secret'],
      args: [
        '--rpc.prot=1',
        '--rpc.port=abc',
        '--nonsense',
        '--l1.max-concurrency=0',
        '--l2.follow.quorum=1',
      ],
      env: { OP_NODE_LOG_LEVEL: 'loud' },
    });
    expect(problems).toEqual([
      '--rpc.prot: "1": unknown flag: expected one of the known flags, did you mean --rpc.port?',
      '--rpc.port: "abc": expected a whole number',
      '--nonsense: unknown flag: expected one of the known flags, see --help',
      '--log.level (OP_NODE_LOG_LEVEL): "loud": expected one of TRACE, DEBUG, INFO, WARN, ERROR, CRIT',
      '--l2: missing: expected authenticated JSON-RPC endpoint of the L2 execution client (http, https, ws or wss), with the engine and eth namespaces',
      '--l2.jwt-secret: missing: expected file with the 32-byte key, in hex, that signs Engine API requests',
      '--l1.max-concurrency: 0: expected 1 or more',
      '--l2.follow.quorum: "1": expected at most the number of sources (0)',
    ]);
  });

  it('keeps secret values out of the report', () => {
    const report = problemsOf({
      args: ['--p2p.sequencer.key=0xabc123', '--p2p.priv.raw=abc123', '--l1.beacon-header=abc123'],
    }).join('\n');
    expect(report).toContain('--p2p.sequencer.key');
    expect(report).toContain('--p2p.priv.raw');
    expect(report).toContain('--l1.beacon-header');
    expect(report).not.toContain('abc123');
    expect(
      problemsOf({
        args: ['--config=node.json'],
        files: { 'node.json': { p2p: { sequencer: { key: 123 } } } },
      }),
    ).toEqual(['--p2p.sequencer.key (node.json): (secret): expected text']);
  });

  it.each([
    [['--l1.rpc-max-batch-size=0'], '--l1.rpc-max-batch-size: 0: expected 1 to 500'],
    [['--l1.rpc-max-batch-size=501'], '--l1.rpc-max-batch-size: 501: expected 1 to 500'],
    [['--l1.rpc-rate-limit=-1'], '--l1.rpc-rate-limit: -1: expected 0 or more'],
    [['--l1.cache-size=1000001'], '--l1.cache-size: 1000001: expected at most 1000000'],
    [
      ['--l1=/tmp/geth.ipc'],
      '--l1: "/tmp/geth.ipc": expected an endpoint that begins with http://, https://, ws://, wss://',
    ],
    [['--l1='], '--l1: "": expected an endpoint; it may be empty only beside --l2.follow.source'],
    [['--l2='], '--l2: "": expected an endpoint that begins with http://, https://, ws://, wss://'],
    [['--l2.jwt-secret= '], '--l2.jwt-secret: " ": expected a file name'],
    [['--l2.enginekind=besu'], '--l2.enginekind: "besu": expected one of geth, reth, erigon'],
    [['--l2.engine-rpc-timeout=0s'], '--l2.engine-rpc-timeout: "0ms": expected above 0'],
    [
      ['--l1.beacon=ftp://x'],
      '--l1.beacon: "ftp://x": expected an endpoint that begins with http://, https://',
    ],
    [
      ['--l1.beacon-fallbacks=x'],
      '--l1.beacon-fallbacks: "x": expected an endpoint that begins with http://, https://',
    ],
    [
      ['--l2.engine-sync', '--syncmode=consensus-layer'],
      '--l2.engine-sync: true: expected only one of it and --syncmode',
    ],
    [
      ['--l2.engine-sync=false', '--syncmode=execution-layer'],
      '--l2.engine-sync: false: expected only one of it and --syncmode',
    ],
    [
      ['--l1.beacon-header=: value'],
      '--l1.beacon-header: "(secret)": expected a header written as \'Name: value\'',
    ],
    [
      ['--syncmode.req-resp', '--p2p.sync.req-resp=false'],
      '--syncmode.req-resp: true: expected no --p2p.sync.req-resp=false beside it',
    ],
    [['--syncmode.offset-el-safe=-1s'], '--syncmode.offset-el-safe: "-1000ms": expected 0 or more'],
    [['--rpc.port=65536'], '--rpc.port: 65536: expected a port, 0 to 65535'],
    [['--metrics.enabled', '--metrics.port=-1'], '--metrics.port: -1: expected a port, 0 to 65535'],
    [['--pprof.enabled', '--pprof.port=70000'], '--pprof.port: 70000: expected a port, 0 to 65535'],
    [['--conductor.enabled'], '--conductor.enabled: true: expected --sequencer.enabled beside it'],
    [
      ['--altda.enabled', '--altda.da-server=http://da'],
      '--altda.enabled: true: expected a chain with alt_da in its rollup config',
    ],
    [['--altda.get-timeout=-1s'], '--altda.get-timeout: "-1000ms": expected 0 or more'],
    [['--network=nowhere'], /^--network: "nowhere": expected one of .*op-mainnet, op-sepolia/],
  ])('refuses %j', (args, line) => {
    const problems = problemsOf({ args });
    expect(problems).toHaveLength(1);
    if (typeof line === 'string') expect(problems[0]).toBe(line);
    else expect(problems[0]).toMatch(line);
  });

  it('leaves ports alone of servers that are off', () => {
    expect(problemsOf({ args: ['--metrics.port=-1', '--pprof.port=70000'] })).toEqual([]);
  });
});

describe('follow mode', () => {
  it.each([
    [
      ['--l2.follow.poll-interval=0s'],
      '--l2.follow.poll-interval: "0ms": expected above 0 and at most 5m',
    ],
    [
      ['--l2.follow.poll-interval=5m1ms'],
      '--l2.follow.poll-interval: "300001ms": expected above 0 and at most 5m',
    ],
    [
      ['--l2.follow.source.rpc-timeout=0s'],
      '--l2.follow.source.rpc-timeout: "0ms": expected above 0',
    ],
    [
      ['--l2.follow.source=http://127.0.0.1:9545/'],
      '--l2.follow.source: "http://127.0.0.1:9545/": expected each endpoint only once',
    ],
    [
      ['--l2.follow.source=ipc'],
      '--l2.follow.source: "ipc": expected an endpoint that begins with http://, https://, ws://, wss://',
    ],
    [
      ['--l2.follow.quorum=2'],
      '--l2.follow.quorum: "2": expected at most the number of sources (1)',
    ],
    [
      ['--l2.follow.source.header=no colon'],
      "--l2.follow.source.header: \"(secret)\": expected a header written as 'Name: value' or 'N=Name: value'",
    ],
    [
      ['--l2.follow.source.header=1=X-Key: abc123'],
      '--l2.follow.source.header: "(secret)": expected a header for one of the sources',
    ],
    [
      ['--l2.follow.blocks=x'],
      '--l2.follow.blocks: "x": expected an endpoint that begins with http://, https://, ws://, wss://',
    ],
  ])('refuses %j', (args, line) => {
    expect(problemsOf({ args: [FOLLOW, ...args] })).toEqual([line]);
  });

  it('gives each source its own headers', () => {
    const args = [
      '--l2.follow.source=http://a,http://b,http://c',
      '--l2.follow.source.header=X-Key: one: and more,2=X-Key:three',
      '--l2.follow.source.header=0=X-Chain: 10',
    ];
    expect(loadWith({ args }).follow?.headers).toEqual([
      { 'X-Key': 'one: and more', 'X-Chain': '10' },
      {},
      { 'X-Key': 'three' },
    ]);
  });

  it.each(['--l2.follow.blocks=http://a', '--l2.follow.verify'])(
    'refuses %s without a source',
    (arg) => {
      const problems = problemsOf({ args: [arg] });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^--l2\.follow\.\w+: .*expected --l2\.follow\.source beside it$/);
    },
  );

  it('takes a poll interval of exactly five minutes and a quorum of all sources', () => {
    const follow = loadWith({
      args: [
        FOLLOW,
        '--l2.follow.source=http://b',
        '--l2.follow.quorum=2',
        '--l2.follow.poll-interval=5m',
      ],
    }).follow;
    expect(follow).toMatchObject({ quorum: 2, pollIntervalMs: 300_000 });
  });

  it('needs no beacon node', () => {
    expect(problemsOf({ without: ['l1.beacon'] })).toHaveLength(1);
    expect(loadWith({ without: ['l1.beacon'], args: [FOLLOW] }).beacon).toBeNull();
  });

  it('combines with the sequencer', () => {
    const loaded = loadWith({ args: [FOLLOW, '--sequencer.enabled'] });
    expect(loaded.sequencer.isEnabled).toBe(true);
    expect(loaded.follow).not.toBeNull();
  });
});

describe('no L1', () => {
  const NO_L1 = { without: ['l1', 'l1.beacon', 'rollup.l1-chain-config'] };

  it('is an explicit empty --l1 with a source and without peers', () => {
    const loaded = loadWith({ ...NO_L1, args: ['--l1=', FOLLOW, '--p2p.disable'] });
    expect(loaded.l1).toBeNull();
    expect(loaded.l1ChainConfig).toBeNull();
  });

  it('may be asked for in the config file', () => {
    const loaded = loadWith({
      ...NO_L1,
      args: ['--config=node.json', FOLLOW, '--p2p.disable'],
      files: { 'node.json': { l1: '' } },
    });
    expect(loaded.l1).toBeNull();
  });

  it('is not what an empty variable means', () => {
    expect(
      problemsOf({ ...NO_L1, args: [FOLLOW, '--p2p.disable'], env: { OP_NODE_L1_ETH_RPC: '' } }),
    ).toContain(
      '--l1: missing: expected JSON-RPC endpoint of the L1 (http, https, ws or wss), with the eth namespace',
    );
  });

  it('refuses by name what needs an L1', () => {
    expect(
      problemsOf({
        ...NO_L1,
        args: ['--l1=', FOLLOW, '--sequencer.enabled', '--l2.follow.verify'],
      }),
    ).toEqual([
      '--sequencer.enabled: "true": expected an L1: --l1= (no L1) does not go with it',
      '--l2.follow.verify: "true": expected an L1: --l1= (no L1) does not go with it',
      '--p2p.disable: "false": expected true with --l1= (no L1)',
    ]);
  });
});

describe('the chain', () => {
  it('needs a rollup config or a network', () => {
    expect(problemsOf({ without: ['rollup.config'] })).toEqual([
      '--rollup.config: missing: expected a file, or --network',
    ]);
  });

  it('reports every broken rule of the rollup config', () => {
    const files = { 'rollup.json': { ...ROLLUP, block_time: 0, seq_window_size: 1 } };
    expect(problemsOf({ files })).toEqual([
      '--rollup.config: "rollup.json": block_time must not be 0',
      '--rollup.config: "rollup.json": seq_window_size must be at least 2, not 1',
    ]);
  });

  it('reports every field of the wrong type', () => {
    const files = { 'rollup.json': { ...ROLLUP, block_time: '2', l1_chain_id: 1.5 } };
    expect(problemsOf({ files })).toEqual([
      '--rollup.config: "rollup.json": block_time: "2": expected a whole number of at most 64 bits',
      '--rollup.config: "rollup.json": l1_chain_id: 1.5: expected a whole number',
    ]);
  });

  it('moves forks by the override flags, to 0 too, and checks the result', () => {
    const loaded = loadWith({ args: ['--override.karst=1800000000', '--override.jovian=0'] });
    expect(loaded.rollup.forks).toMatchObject({ karst: 1_800_000_000n, jovian: 0n });
    expect(loadWith({ args: ['--override.karst=0'] }).rollup.forks.karst).toBe(0n);
    expect(loaded.rollup.forks.lagoon).toBeUndefined();
    expect(problemsOf({ args: ['--override.canyon=5'] })).toEqual([
      '--rollup.config: "rollup.json": delta_time is 0, but canyon_time is later: 5',
    ]);
  });

  it('sets whether the upgrade gas of Karst stays, either way', () => {
    const flag = '--override.keep-karst-upgrade-gas';
    expect(loadWith({}).rollup.keepKarstUpgradeGas).toBe(false);
    expect(loadWith({ args: [flag] }).rollup.keepKarstUpgradeGas).toBe(true);
    const env = { OP_NODE_OVERRIDE_KEEP_KARST_UPGRADE_GAS: 'true' };
    expect(loadWith({ env }).rollup.keepKarstUpgradeGas).toBe(true);
    expect(loadWith({ env, args: [`${flag}=false`] }).rollup.keepKarstUpgradeGas).toBe(false);
    const network = ['--network=op-mainnet', '--l1.beacon.ignore'];
    expect(loadWith({ args: network }).rollup.keepKarstUpgradeGas).toBe(true);
    expect(loadWith({ args: [...network, `${flag}=false`] }).rollup.keepKarstUpgradeGas).toBe(
      false,
    );
  });

  it('keeps an override beyond 2^53 exact', () => {
    const loaded = loadWith({ args: ['--override.pectrablobschedule=18446744073709551615'] });
    expect(loaded.rollup.forks.pectraBlobSchedule).toBe(18_446_744_073_709_551_615n);
  });

  it('takes missing EIP-1559 constants from the registry, or refuses', () => {
    const { chain_op_config: _, ...without } = ROLLUP;
    expect(problemsOf({ files: { 'rollup.json': without } })).toEqual([
      '--rollup.config: "rollup.json": chain_op_config is missing',
    ]);
    const files = { 'rollup.json': { ...without, l2_chain_id: 10 } };
    expect(loadWith({ files }).rollup.chainOpConfig).toEqual({
      eip1559Elasticity: 6n,
      eip1559Denominator: 50n,
      eip1559DenominatorCanyon: 250n,
    });
  });

  it('needs the L1 chain config of an L1 that is not built in, with the same chain id', () => {
    expect(problemsOf({ without: ['rollup.l1-chain-config'] })).toEqual([
      '--rollup.l1-chain-config: missing: expected a file, because L1 900 is not built in',
    ]);
    const files = { 'rollup.json': { ...ROLLUP, l1_chain_id: 899 } };
    expect(problemsOf({ files })).toEqual([
      '--rollup.l1-chain-config: "l1.json": chainId 900: expected 899, the l1_chain_id of the rollup config',
    ]);
  });

  it('does not read the L1 chain config of an L1 that is built in', () => {
    const files = { 'rollup.json': { ...ROLLUP, l1_chain_id: 1 }, 'l1.json': 'garbage' };
    expect(loadWith({ files }).l1ChainConfig?.chainId).toBe(1n);
  });

  it('needs the beacon node from Ecotone on, unless it is ignored', () => {
    const line =
      '--l1.beacon: missing: expected a beacon endpoint, because the chain has Ecotone; or --l1.beacon.ignore';
    expect(problemsOf({ without: ['l1.beacon'] })).toEqual([line]);
    expect(problemsOf({ without: ['l1.beacon'], args: ['--l1.beacon.ignore'] })).toEqual([]);
    expect(problemsOf({ without: ['l1.beacon'], args: [FOLLOW, '--l2.follow.verify'] })).toEqual([
      line,
    ]);
    const {
      ecotone_time,
      fjord_time,
      granite_time,
      holocene_time,
      isthmus_time,
      jovian_time,
      ...old
    } = ROLLUP;
    expect(problemsOf({ without: ['l1.beacon'], files: { 'rollup.json': old } })).toEqual([]);
  });

  it('refuses a Sepolia chain from before Prague without a Pectra blob schedule', () => {
    const files = { 'rollup.json': { ...ROLLUP, l1_chain_id: 11_155_111 } };
    expect(problemsOf({ files })).toEqual([
      expect.stringMatching(/^--override\.pectrablobschedule: missing: /),
    ]);
    expect(problemsOf({ files, args: ['--ignore-missing-pectra-blob-schedule'] })).toEqual([]);
    expect(problemsOf({ files, args: ['--override.pectrablobschedule=1'] })).toEqual([]);
  });

  it('needs a dependency set when Lagoon is scheduled', () => {
    const line =
      '--interop.dependency-set: missing: expected a file, because lagoon_time is set (5)';
    expect(problemsOf({ args: ['--override.lagoon=5'] })).toEqual([line]);
    expect(problemsOf({ files: { 'rollup.json': { ...ROLLUP, lagoon_time: 5 } } })).toEqual([line]);
    expect(problemsOf({ files: { 'rollup.json': { ...ROLLUP, interop_time: 5 } } })).toEqual([
      line,
    ]);
    const args = ['--override.lagoon=5', '--interop.dependency-set=set.json'];
    const files = { 'set.json': { dependencies: { 901: {} } } };
    const loaded = loadWith({ args, files });
    expect(loaded.dependencySet?.chainIds).toEqual([901n]);
    expect(loaded.rollup.forks.lagoon).toBe(5n);
    expect(problemsOf({ args, files: { 'set.json': 'garbage' } })).toEqual([
      expect.stringMatching(/^--interop\.dependency-set: "set\.json": not JSON: /),
    ]);
  });

  it('makes no blocks of a chain that exchanges messages with others from Lagoon on', () => {
    const files = { 'set.json': { dependencies: { 901: {}, 902: {} } } };
    const set = '--interop.dependency-set=set.json';
    const line =
      '--interop.dependency-set: chains 901, 902: expected no more than one chain, because lagoon_time is set (5): ' +
      'chains that exchange messages can only be followed';
    const args = [set, '--override.lagoon=5'];
    expect(problemsOf({ files, args })).toEqual([line]);
    expect(problemsOf({ files, args: [...args, FOLLOW, '--l2.follow.verify'] })).toEqual([line]);
    expect(problemsOf({ files, args: [...args, FOLLOW, '--sequencer.enabled'] })).toEqual([line]);
    expect(loadWith({ files, args: [...args, FOLLOW] }).dependencySet?.chainIds).toEqual([
      901n,
      902n,
    ]);
    expect(problemsOf({ files, args: [set] })).toEqual([]);
  });

  it('takes the old name of the flag that moves Lagoon', () => {
    const files = { 'set.json': { dependencies: { 901: {} } } };
    const set = '--interop.dependency-set=set.json';
    const lagoon = (given: { args?: string[]; env?: Record<string, string> }) =>
      loadWith({ files, ...given, args: [set, ...(given.args ?? [])] }).rollup.forks.lagoon;
    expect(lagoon({ args: ['--override.interop=6'] })).toBe(6n);
    expect(lagoon({ env: { OP_NODE_OVERRIDE_LAGOON: '7' } })).toBe(7n);
    expect(lagoon({ env: { OP_NODE_OVERRIDE_INTEROP: '8' } })).toBe(8n);
    expect(lagoon({ env: { OP_NODE_OVERRIDE_INTEROP: '8', OP_NODE_OVERRIDE_LAGOON: '7' } })).toBe(
      7n,
    );
  });

  describe('with alt_da', () => {
    const altDa = {
      da_challenge_contract_address: `0x${'77'.repeat(20)}`,
      da_commitment_type: 'KeccakCommitment',
      da_challenge_window: 10,
      da_resolve_window: 10,
    };
    const files = { 'rollup.json': { ...ROLLUP, alt_da: altDa } };
    const server = '--altda.da-server=http://da:3100';

    it('is derived from a DA server, whether or not that is enabled', () => {
      for (const args of [[server], [server, '--altda.enabled'], [FOLLOW, VERIFY, server]]) {
        const { daServer, notices } = loadWith({ files, args });
        expect([daServer.url, notices]).toEqual(['http://da:3100', []]);
      }
    });

    it('starts without a DA server, with a warning where it derives', () => {
      const warned = [
        {
          level: 'warn',
          message:
            'the chain has alt_da and no DA server is given: derivation waits at the first commitment',
          fields: { setting: '--altda.da-server' },
        },
      ];
      const noticesOf = (...args: string[]) => loadWith({ files, args }).notices;
      expect(noticesOf()).toEqual(warned);
      expect(noticesOf(FOLLOW, VERIFY)).toEqual(warned);
      expect(noticesOf(FOLLOW)).toEqual([]);
    });

    it('needs a DA server with --altda.enabled, and one that is asked over HTTP', () => {
      expect(problemsOf({ files, args: ['--altda.enabled'] })).toEqual([
        '--altda.da-server: "": expected a DA server, because of --altda.enabled',
      ]);
      const bad =
        '--altda.da-server: "da:3100": expected an endpoint that begins with http://, https://';
      const args = ['--altda.da-server=da:3100'];
      expect(problemsOf({ files, args })).toEqual([bad]);
      expect(problemsOf({ files, args: [...args, '--altda.enabled'] })).toEqual([bad]);
      expect(problemsOf({ files, args: [...args, FOLLOW] })).toEqual([]);
    });

    it.each(['da_challenge_window', 'da_resolve_window'])(
      'needs %s with --altda.enabled',
      (key) => {
        const without = { 'rollup.json': { ...ROLLUP, alt_da: { ...altDa, [key]: 0 } } };
        expect(problemsOf({ files: without, args: [server, '--altda.enabled'] })).toEqual([
          '--altda.enabled: true: expected da_challenge_window and da_resolve_window of alt_da above 0',
        ]);
        expect(problemsOf({ files: without, args: [server] })).toEqual([]);
      },
    );

    it('reads the limits, and has its own where the flags say none', () => {
      const defaults = { verifyOnRead: true, getTimeoutMs: 120_000, maxConcurrent: 1 };
      expect(loadWith({ files, args: [server] }).daServer).toMatchObject(defaults);
      const args = [
        ...[server, '--altda.verify-on-read=false', '--altda.get-timeout=3s'],
        '--altda.max-concurrent-da-requests=0',
      ];
      expect(loadWith({ files, args }).daServer).toMatchObject({
        ...{ verifyOnRead: false, getTimeoutMs: 3000, maxConcurrent: 8 },
      });
    });
  });
});

describe('modes', () => {
  it('reads --l2.engine-sync as execution-layer mode, with a warning', () => {
    const loaded = loadWith({ args: ['--l2.engine-sync', '--l2.enginekind=reth'] });
    expect(loaded.sync).toMatchObject({
      mode: 'execution-layer',
      offsetElSafeMs: 43_200_000,
    });
    expect(loaded.engine.kind).toBe('reth');
    expect(loaded.notices).toEqual([
      { level: 'warn', message: 'flag is deprecated', fields: { flag: 'l2.engine-sync' } },
    ]);
  });

  it('stops the sequencer where a conductor decides', () => {
    const loaded = loadWith({ args: ['--conductor.enabled', '--sequencer.enabled'] });
    expect(loaded.sequencer).toMatchObject({ isEnabled: true, isStopped: true });
  });

  it('reads the beacon header', () => {
    const loaded = loadWith({ args: ['--l1.beacon-header=X-Key: a value: with colons'] });
    expect(loaded.beacon?.header).toEqual({ name: 'X-Key', value: 'a value: with colons' });
  });
});
