import { FollowMetrics } from '../../src/follow/followMetrics.js';
import { makeP2pMetrics } from '../../src/p2p/p2pMetrics.js';
import type { Clock } from '../../src/runtime/clock.js';
import { StatusActor } from '../../src/status/statusActor.js';
import { type StatusIdentity, StatusSnapshot } from '../../src/status/statusSnapshot.js';
import { NodeInfoMetrics } from '../../src/telemetry/nodeInfoMetrics.js';
import { PromRegistry } from '../../src/telemetry/promRegistry.js';
import { RpcClientMetrics } from '../../src/telemetry/rpcMetrics.js';
import {
  type L1BlockRef,
  type L2BlockRef,
  ZERO_L1_REF,
  ZERO_L2_REF,
} from '../../src/types/block.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { SyncStatus } from '../../src/types/syncStatus.js';
import { FakeLogger } from './fakeLogger.js';

/** Unix seconds at which a scene begins. */
const START_SEC = 1_704_067_200;
/** The blocks that a scene begins at. */
const FIRST_L2 = 128_400_000;
const FIRST_L1 = 19_000_000;
const L1_BLOCK_SEC = 12;
const L2_BLOCK_SEC = 2;

/** What a scene does in its second `at`, from 0. */
export type Script = (scene: StatusScene, at: number) => void;

/** A node that is played: its heads and metrics move by a script, and what shows them is real. */
export class StatusScene {
  readonly registry = new PromRegistry();
  readonly follow: FollowMetrics | null;
  readonly p2p: ReturnType<typeof makeP2pMetrics>;
  readonly actor: StatusActor;
  heads: SyncStatus;
  idle = 0;
  lastTakenSec = 0;
  #nowMs = START_SEC * 1000;
  readonly #info: NodeInfoMetrics;
  readonly #calls: RpcClientMetrics;
  #callMs = 0;

  constructor(identity: Partial<StatusIdentity>) {
    const { registry } = this;
    const whole = { ...IDENTITY, ...identity };
    this.follow = whole.sources.length > 0 ? new FollowMetrics(registry) : null;
    this.follow?.sampleStatusAge(() => this.lastTakenSec);
    const idle = { name: 'derivation_idle', help: 'Idle', labels: [] } as const;
    if (whole.sources.length === 0) registry.sampledGauge(idle, () => this.idle);
    this.p2p = makeP2pMetrics(registry);
    this.#info = new NodeInfoMetrics(registry);
    let monotonicMs = 0;
    this.#calls = new RpcClientMetrics(registry, () => {
      monotonicMs += this.#callMs;
      return monotonicMs;
    });
    this.heads = statusAt(0);
    const snapshot = new StatusSnapshot(whole, {
      status: { get: () => this.heads },
      engine: { get: () => UNKNOWN_HEADS },
      proven: null,
      metrics: registry,
    });
    this.actor = new StatusActor({ snapshot, clock: this.#clock(), log: new FakeLogger() });
  }

  /** Plays so many seconds, while somebody looks. */
  async play(seconds: number, script: Script): Promise<void> {
    this.#info.recordUp();
    const { signal } = new AbortController();
    for (let at = 0; at < seconds; at += 1) {
      script(this, at);
      await this.actor.look();
      await this.actor.step(signal);
    }
  }

  /** One call of a client that took so long; without an answer where it failed. */
  call(rpc: 'engine-api' | 'l1', ms: number, isAnswered = true): void {
    this.#callMs = ms;
    const done = this.#calls.recorder(rpc).start('a_method', 0);
    done(isAnswered ? { errorCode: null, bytes: 0 } : null);
  }

  #clock(): Clock {
    return {
      nowMs: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      sleep: async (ms) => {
        this.#nowMs += ms;
      },
      schedule: () => () => undefined,
    };
  }
}

const IDENTITY: StatusIdentity = {
  version: 'v0.1.0-test',
  network: 'op-mainnet',
  chainId: '10',
  blockTimeSec: L2_BLOCK_SEC,
  isVerifying: false,
  isSequencer: false,
  sources: [],
  quorum: 0,
  hasL1: true,
  hasPeers: true,
  genesisL1: 17_422_590,
};

/** How many blocks a head is behind where it would be with nothing in its way. */
export interface Lag {
  readonly unsafe?: number;
  readonly safe?: number;
  readonly finalized?: number;
  /** L1 blocks that have not been read. */
  readonly currentL1?: number;
}

/** The heads of a chain that has grown for so many seconds. */
export function statusAt(second: number, lag: Lag = {}): SyncStatus {
  const l2 = (behind: number): L2BlockRef => {
    const number = BigInt(FIRST_L2 + Math.floor(second / L2_BLOCK_SEC) - behind);
    const timestamp = START_SEC + (Math.floor(second / L2_BLOCK_SEC) - behind) * L2_BLOCK_SEC;
    return { ...ZERO_L2_REF, number, timestamp: BigInt(timestamp), hash: hashOf(number) };
  };
  const l1 = (behind: number): L1BlockRef => {
    const number = BigInt(FIRST_L1 + Math.floor(second / L1_BLOCK_SEC) - behind);
    const timestamp = START_SEC + (Math.floor(second / L1_BLOCK_SEC) - behind) * L1_BLOCK_SEC;
    return { ...ZERO_L1_REF, number, timestamp: BigInt(timestamp), hash: hashOf(number) };
  };
  const { unsafe = 0, safe = 30, finalized = 400, currentL1 = 1 } = lag;
  return {
    currentL1: l1(currentL1),
    currentL1Finalized: l1(64),
    headL1: l1(0),
    safeL1: l1(32),
    finalizedL1: l1(64),
    unsafeL2: l2(unsafe),
    safeL2: l2(safe),
    finalizedL2: l2(finalized),
    pendingSafeL2: l2(safe),
    crossUnsafeL2: l2(unsafe),
    localSafeL2: l2(safe),
  };
}

function hashOf(number: bigint): `0x${string}` {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

/** Follows two sources, one of them with a key in its address, that are well. */
export const FOLLOWER = {
  sources: ['https://source.example/v1/***', 'http://10.0.0.7:9545'],
} as const;

/** What happens each second in every scene: calls that take their time. */
function calls(scene: StatusScene, at: number): void {
  scene.call('engine-api', 4 + (at % 7));
  if (at % 2 === 0) scene.call('l1', 60 + ((at * 13) % 90));
}

function gossip({ p2p }: StatusScene, at: number): void {
  p2p.peerCount(18 + (at % 5));
  p2p.noPeers('none');
  if (at % L2_BLOCK_SEC === 0) p2p.verdict('accept');
  if (at % 60 === 0) p2p.verdict('ignore');
}

function poll(scene: StatusScene, source: number, result: string): void {
  const { follow } = scene;
  follow?.sourceResults.inc({ source: String(source), result });
  follow?.latency.observe({ source: String(source) }, 0.02 + source * 0.11);
  follow?.sourceStale.set({ source: String(source) }, 0);
  if (source !== 0) return;
  follow?.requests.inc({ result });
  if (result === 'success') scene.lastTakenSec = 0;
}

function drifts({ follow }: StatusScene, blocks: number): void {
  const state = (number: bigint) => ({
    ...statusAt(0).unsafeL2,
    number,
    timestamp: number * BigInt(L2_BLOCK_SEC),
  });
  const heads = (number: bigint) => ({
    unsafe: state(number),
    localSafe: state(number),
    safe: state(number),
    finalized: state(number),
    currentL1: statusAt(0).currentL1,
  });
  const ours = 1_000n;
  const theirs = { ...heads(ours + BigInt(blocks)), crossUnsafe: null, headL1: null };
  follow?.recordDrift(theirs as never, { ...UNKNOWN_HEADS, ...heads(ours) });
}

/** The four scenes that are looked at. */
export const SCENES = {
  following: {
    identity: FOLLOWER,
    script: (scene, at) => {
      calls(scene, at);
      gossip(scene, at);
      scene.heads = statusAt(at);
      scene.lastTakenSec += 1;
      if (at % 2 !== 0) return;
      poll(scene, 0, 'success');
      poll(scene, 1, at % 40 === 0 ? 'behind' : 'success');
      drifts(scene, at % 90 === 0 ? 1 : 0);
    },
  },
  lying: {
    identity: FOLLOWER,
    script: (scene, at) => {
      calls(scene, at);
      gossip(scene, at);
      const isLying = at > 200;
      const lag = isLying ? Math.floor((at - 200) / 2) : 0;
      scene.heads = statusAt(at, { safe: 30 + lag, finalized: 400 + lag });
      scene.lastTakenSec += 1;
      if (at % 2 !== 0) return;
      poll(scene, 0, isLying ? 'conflict' : 'success');
      poll(scene, 1, isLying ? 'error_fetch_status' : 'success');
      drifts(scene, lag);
    },
  },
  cold: {
    identity: {},
    script: (scene, at) => {
      calls(scene, at);
      gossip(scene, at);
      const left = 40_000 - at * 70;
      const l2 = left * 6;
      scene.heads = statusAt(at, {
        unsafe: l2,
        safe: l2,
        finalized: l2 + 380,
        currentL1: left,
      });
      scene.idle = 0;
    },
  },
  alone: {
    identity: {},
    script: (scene, at) => {
      calls(scene, at);
      const isAlone = at > 150;
      if (!isAlone) gossip(scene, at);
      else scene.p2p.peerCount(0);
      if (isAlone) scene.p2p.noPeers('dials_fail');
      const lag = isAlone ? Math.min(31, Math.floor((at - 150) / 2)) : 0;
      scene.heads = statusAt(at, { unsafe: lag, safe: 31 });
      scene.idle = 1;
    },
  },
} as const satisfies Readonly<
  Record<string, { readonly identity: Partial<StatusIdentity>; readonly script: Script }>
>;

export type SceneName = keyof typeof SCENES;

/** How long a scene is played: its history has all of it. */
export const SCENE_SEC = 300;

/** A scene at its end. */
export async function playedScene(name: SceneName): Promise<StatusScene> {
  const { identity, script } = SCENES[name];
  const scene = new StatusScene(identity);
  await scene.play(SCENE_SEC, script);
  return scene;
}
