import { load } from '../../config/load.js';
import type { DoctorContext } from '../../src/doctor/check.js';
import type { Finding } from '../../src/doctor/finding.js';
import type { FilesPort, ListenPlace, NetworkPort } from '../../src/doctor/ports.js';
import { QuietLog } from '../../src/doctor/quietLog.js';
import { L2Source } from '../../src/engine/l2Source.js';
import { BeaconEndpoint } from '../../src/l1/beaconEndpoint.js';
import { EthClient } from '../../src/l1/ethClient.js';
import type { RpcClient } from '../../src/transport/ports.js';
import type { RpcKind } from '../../src/types/rpcKind.js';
import { BASE_ARGS, BASE_FILES, filesOf } from './configFiles.js';
import { FakeClock } from './fakeClock.js';
import type { RpcHandler } from './fakeRpcClient.js';
import { FakeRpcClient } from './fakeRpcClient.js';

/** What the doctor meets. What is not given answers nothing wrong, or is not there. */
export interface DoctorWorld {
  readonly flags?: readonly string[];
  /** Files that flags name, beside those of `BASE_ARGS`. */
  readonly configFiles?: Readonly<Record<string, unknown>>;
  readonly l1?: Readonly<Record<string, RpcHandler>>;
  readonly engine?: Readonly<Record<string, RpcHandler>>;
  readonly secret?: DoctorContext['engine']['secret'];
  /** Answers of beacon endpoints by path without its query; an endpoint each. */
  readonly beacons?: readonly Readonly<Record<string, () => unknown>>[];
  /** Clients of further endpoints by URL. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, RpcHandler>>>>;
  /** What the DA server answers. */
  readonly daInput?: () => Promise<Uint8Array | null>;
  readonly signer?: () => Promise<string>;
  /** Failures by port; others work. */
  readonly listen?: Readonly<Record<number, string>>;
  readonly connect?: Readonly<Record<number, string>>;
  /** How far the servers' clocks are ahead of ours, by host. */
  readonly offsetsMs?: Readonly<Record<string, number>>;
  readonly files?: Partial<FilesPort>;
  readonly clock?: FakeClock;
}

/** A context over fakes at every port. */
export function doctorContext(world: DoctorWorld): DoctorContext {
  const { flags = [], configFiles = {}, secret = new Uint8Array(32) } = world;
  const clock = world.clock ?? new FakeClock();
  const config = load([...BASE_ARGS, ...flags], {}, filesOf({ ...BASE_FILES, ...configFiles }));
  const engineRpc = new FakeRpcClient({ ...world.engine });
  const { rollup } = config;
  const caches = { refCacheSize: 4, payloadCacheSize: 4 };
  const trust = { isTrusted: true, fetchWithdrawalRootFromState: false };
  return {
    config,
    version: 'v0',
    l1: config.l1 === null ? null : { ...l1Access(world, clock, config.l1.rpcKind) },
    engine: {
      ...{ name: 'http://engine', url: config.engine.url, rpc: engineRpc, secret },
      source: new L2Source({ config: rollup, ...caches, ...trust }, { rpc: engineRpc }),
    },
    daServer:
      config.daServer.url === null
        ? null
        : {
            ...{ name: config.daServer.url, url: config.daServer.url },
            client: { input: world.daInput ?? (async () => null) },
          },
    beacons: (world.beacons ?? []).map((answers, i) => ({
      ...{ name: `http://beacon-${i}`, url: `http://beacon-${i}` },
      endpoint: new BeaconEndpoint({ fetchAllSidecars: false }, beaconHttp(answers)),
    })),
    rpcFor: ({ url }): RpcClient => new FakeRpcClient({ ...world.others?.[url] }),
    signerFor: () => ({ check: world.signer ?? (async () => 'v1') }),
    network: fakeNetwork(world, clock),
    files: {
      kind: async (path) => (path === '/' || path === '.' ? 'folder' : 'none'),
      isWritable: async () => true,
      freeBytes: async () => 2 ** 40,
      readText: async () => '11'.repeat(32),
      ...world.files,
    },
    ...{ clock, random: () => 0.5, signal: new AbortController().signal },
  };
}

function l1Access({ l1 = {} }: DoctorWorld, clock: FakeClock, rpcKind: RpcKind) {
  const rpc = new FakeRpcClient({ ...l1 });
  const refusedMethods: string[] = [];
  const log = new QuietLog((_message, { method }) => refusedMethods.push(String(method)));
  const options = { isTrusted: false, rpcKind, cacheSize: 8, keep: null };
  const client = new EthClient(options, { rpc, clock, log });
  return { name: 'http://l1', url: 'http://l1', rpc, client, refusedMethods };
}

function beaconHttp(answers: Readonly<Record<string, () => unknown>>) {
  return {
    getJson: async (path: string): Promise<unknown> => {
      const answer = answers[path.split('?')[0] ?? ''];
      if (answer === undefined) throw new Error(`no answer for ${path}`);
      return answer();
    },
  };
}

function fakeNetwork(world: DoctorWorld, clock: FakeClock): NetworkPort {
  return {
    listenFailure: async ({ port }: ListenPlace) => world.listen?.[port] ?? null,
    connectFailure: async ({ port }) => world.connect?.[port] ?? null,
    serverTime: async (url) => {
      const offset = world.offsetsMs?.[new URL(url).host];
      // Servers tell whole seconds.
      return offset === undefined ? null : clock.nowMs() + offset - 500;
    },
  };
}

/** Code and level of each finding that is not well, in order. */
export function wrongIn(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ code, level }) => (code === null ? [] : [`${level} ${code}`]));
}
