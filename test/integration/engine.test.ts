import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EngineKind, enginesHere, startEngine } from '../../devnet/engines.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { EngineAbilities } from '../../src/engine/engineAbilities.js';
import { EngineActor } from '../../src/engine/engineActor.js';
import { EngineClient } from '../../src/engine/engineClient.js';
import { EngineMetrics } from '../../src/engine/engineMetrics.js';
import { JwtTokenProvider, loadJwtSecret } from '../../src/engine/jwt.js';
import { L2Source } from '../../src/engine/l2Source.js';
import type { EngineApi } from '../../src/engine/ports.js';
import type { EngineOptions } from '../../src/engine/taskContext.js';
import { parseRollupConfig } from '../../src/rollup/config.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { rpcBlockToPayload } from '../../src/rollup/rpcPayload.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { RefMetrics } from '../../src/telemetry/refMetrics.js';
import type { RpcClient } from '../../src/transport/ports.js';
import { createRpcClient } from '../../src/transport/rpcClient.js';
import type { L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { FOLLOW_OPTIONS, followTarget } from '../support/engineHarness.js';
import { FakeLogger } from '../support/fakeLogger.js';
import { FakeMetrics } from '../support/fakeMetrics.js';
import { recordedAttributes } from '../support/recordedAttributes.js';
import { readWorldJson, readWorldLines, worldPath } from '../support/recordedWorld.js';
import { wholeExaminer } from '../support/wholeExaminer.js';

const WORLD = 'forks';
const config: RollupConfig = parseRollupConfig(JSON.stringify(readWorldJson(WORLD, 'rollup.json')));
const derived = readWorldLines(WORLD, 'derived.jsonl.gz');
const unsafe = readWorldLines(WORLD, 'l2-unsafe.jsonl.gz').slice(1).map(rpcBlockToPayload);
const clock = new SystemClock();

/** A stand-in for the L1 block that attributes were derived from; before any fork that changes what a refusal means. */
const DERIVED_FROM: L1BlockRef = {
  hash: config.genesis.l1.hash,
  number: 1n,
  parentHash: config.genesis.l1.hash,
  timestamp: 1n,
};

interface Running {
  readonly actor: EngineActor;
  /** Engine API methods called, in order. */
  readonly calls: string[];
  readonly log: FakeLogger;
}

let group: ProcessGroup;
let rpc: RpcClient;
let stop: AbortController;
let source: L2Source;
let api: EngineClient;

async function open(kind: EngineKind): Promise<void> {
  group = await ProcessGroup.open();
  stop = new AbortController();
  const setup = {
    name: 'engine',
    genesisFile: worldPath(WORLD, 'l2-genesis.json.gz'),
    chainId: config.l2ChainId,
  };
  const geth = await startEngine(group, setup, kind);
  const tokens = new JwtTokenProvider(await loadJwtSecret(geth.jwtFile, new FakeLogger()), clock);
  rpc = createRpcClient(
    { url: geth.engineUrl },
    {
      clock,
      random: () => 0.5,
      headers: async () => ({ authorization: `Bearer ${await tokens.getToken()}` }),
    },
  );
  const sizes = { refCacheSize: 100, payloadCacheSize: 10 };
  const options = { config, isTrusted: true, fetchWithdrawalRootFromState: false, ...sizes };
  source = new L2Source(options, { rpc });
  const abilities = new EngineAbilities(config);
  api = new EngineClient({ timeoutMs: 30_000, rollup: config }, { rpc, abilities });
}
afterEach(async () => {
  stop.abort();
  await rpc.close();
  await group.stop();
});

function recording(calls: string[]): EngineApi {
  return {
    forkchoiceUpdated: (state, attributes, signal) => {
      calls.push(attributes === null ? 'forkchoiceUpdated' : 'build');
      return api.forkchoiceUpdated(state, attributes, signal);
    },
    newPayload: (envelope, signal) => {
      calls.push('newPayload');
      return api.newPayload(envelope, signal);
    },
    getPayload: (info, signal) => {
      calls.push('getPayload');
      return api.getPayload(info, signal);
    },
  };
}

async function start(options: Partial<EngineOptions>): Promise<Running> {
  const calls: string[] = [];
  const log = new FakeLogger();
  const registry = new FakeMetrics();
  const actor = new EngineActor(
    { ...FOLLOW_OPTIONS, rollup: config, ...options },
    {
      engine: recording(calls),
      l2: source,
      l1: null,
      transactions: wholeExaminer(config),
      safeHeads: null,
      clock,
      random: () => 0.5,
      log,
      metrics: new EngineMetrics(registry, new RefMetrics({ registry, clock })),
    },
  );
  void run(actor);
  await reach(actor, () => actor.heads.get().resetEpoch > 0);
  return { actor, calls, log };
}

async function run(actor: EngineActor): Promise<void> {
  while (!stop.signal.aborted) await actor.step(stop.signal).catch(() => undefined);
}

async function reach(actor: EngineActor, isReached: () => boolean): Promise<void> {
  for (let seen = actor.heads.get(); !isReached(); ) {
    seen = await actor.heads.changed(seen, stop.signal);
  }
}

async function consolidateAll({ actor }: Running): Promise<string[]> {
  const kinds: string[] = [];
  for (const line of derived) {
    const parent = actor.heads.get().pendingSafe;
    const attributes = recordedAttributes(line.attributes);
    const settled = await actor.consolidate(
      { attributes, parent, concluding: true, derivedFrom: DERIVED_FROM },
      stop.signal,
    );
    if (settled.kind !== 'ok') throw new Error(`block ${line.number}: ${settled.kind}`);
    kinds.push(settled.value.kind);
    expect(actor.heads.get().safe.hash).toBe(line.hash);
  }
  return kinds;
}

async function postUnsafe({ actor }: Running): Promise<L2BlockRef> {
  // In blocks of eight, each backwards, so that most wait for their parents.
  for (let from = 0; from < unsafe.length; from += 8) {
    for (const envelope of unsafe.slice(from, from + 8).reverse()) {
      actor.addUnsafePayload(envelope);
    }
  }
  const tip = unsafe.at(-1)?.executionPayload;
  if (tip === undefined) throw new Error('no recorded blocks');
  await reach(actor, () => actor.heads.get().unsafe.hash === tip.blockHash);
  return payloadToBlockRef(config, tip);
}

describe.each(enginesHere(process.env))('engine over %s', (kind) => {
  beforeEach(() => open(kind));

  it('builds every recorded block from its attributes, through all forks', async () => {
    const engine = await start({ followEnabled: false });
    const kinds = await consolidateAll(engine);
    expect(new Set(kinds)).toEqual(new Set(['built']));
    expect(kinds).toHaveLength(derived.length);
    const last = derived.at(-1);
    expect((await source.l2BlockRefByLabel('safe', stop.signal))?.hash).toBe(last?.hash);
    expect((await source.l2BlockRefByLabel('latest', stop.signal))?.hash).toBe(last?.hash);
  });

  it('consolidates what was posted before without building anything', async () => {
    const engine = await start({ followEnabled: false });
    const tip = await postUnsafe(engine);
    engine.calls.splice(0);
    const kinds = await consolidateAll(engine);
    expect(new Set(kinds)).toEqual(new Set(['consolidated']));
    await engine.actor.synchronize(stop.signal);
    expect(engine.calls).toEqual(['forkchoiceUpdated']);
    expect(engine.actor.heads.get().unsafe).toEqual(tip);
    const safe = await source.l2BlockRefByLabel('safe', stop.signal);
    expect(safe?.hash).toBe(derived.at(-1)?.hash);
  });

  it('follows: labels by one update a target, a lower safe head only with leave', async () => {
    const engine = await start({});
    const tip = await postUnsafe(engine);
    engine.calls.splice(0);
    const at = async (number: bigint): Promise<L2BlockRef> => {
      const ref = await source.l2BlockRefByNumber(number, stop.signal);
      if (ref === null) throw new Error(`no block ${number}`);
      return ref;
    };
    const [safe, lower, finalized] = await Promise.all([at(100n), at(90n), at(80n)]);
    const targets = [
      [followTarget(safe, { finalized }), { kind: 'applied', reorged: false }],
      [followTarget(safe, { finalized }), { kind: 'unchanged' }],
      [followTarget(lower), { kind: 'refused', cause: 'safe_conflict' }],
      [followTarget(lower, { mayReplaceSafe: true }), { kind: 'applied', reorged: false }],
    ] as const;
    for (const [target, value] of targets) {
      expect(await engine.actor.follow(target, stop.signal)).toMatchObject({ kind: 'ok', value });
    }
    expect(engine.calls).toEqual(['forkchoiceUpdated', 'forkchoiceUpdated']);
    expect(await source.l2BlockRefByLabel('safe', stop.signal)).toEqual(lower);
    expect(await source.l2BlockRefByLabel('finalized', stop.signal)).toEqual(finalized);
    expect(engine.actor.heads.get().unsafe).toEqual(tip);
  });

  it('restores the last good forkchoice when labels are refused after the head moved', async () => {
    const engine = await start({});
    const tip = await postUnsafe(engine);
    const [safe, other] = [unsafe[99], unsafe[109]].map((envelope) => {
      if (envelope === undefined) throw new Error('recording is too short');
      return payloadToBlockRef(config, envelope.executionPayload);
    });
    if (safe === undefined || other === undefined) throw new Error('no blocks');
    await engine.actor.follow(followTarget(safe), stop.signal);
    // Our own look-ups would see that this block is off the chain: here only the execution client says so.
    const lookUp = source.l2BlockRefByNumber.bind(source);
    const wrong = { ...safe, number: other.number - 1n, hash: tip.parentHash };
    source.l2BlockRefsAt = async () => new Map();
    source.l2BlockRefByNumber = async (number, signal) =>
      number === wrong.number ? { ...wrong, hash: config.genesis.l1.hash } : lookUp(number, signal);
    const target = followTarget(other, { safe: { ...wrong, hash: config.genesis.l1.hash } });
    const result = await engine.actor.follow(target, stop.signal);
    expect(result).toMatchObject({ kind: 'ok', value: { kind: 'refused', cause: 'forkchoice' } });
    expect(engine.actor.heads.get().safe).toEqual(safe);
    expect(await source.l2BlockRefByLabel('safe', stop.signal)).toEqual(safe);
    expect(await source.l2BlockRefByLabel('latest', stop.signal)).toEqual(tip);
  });
});
