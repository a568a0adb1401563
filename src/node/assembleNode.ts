import type { NodeConfig } from '../../config/nodeConfig.js';
import type { EngineActor } from '../engine/engineActor.js';
import { hasCode, type NodeError } from '../errors/nodeError.js';
import type { FollowVerifier } from '../follow/verify/verifier.js';
import { computePayloadBlockHash } from '../rollup/blockHash.js';
import { dependencySetJson } from '../rollup/dependencySet.js';
import { rollupConfigJson } from '../rollup/rollupConfigJson.js';
import { RpcServer } from '../rpc/http/server.js';
import { makeWsMetrics } from '../rpc/ws/wsMetrics.js';
import type { Actor, RunActorDeps } from '../runtime/actor.js';
import { DEFAULT_BACKOFF } from '../runtime/backoff.js';
import { closeAll, component, Supervisor } from '../runtime/supervisor.js';
import { WatchCell } from '../runtime/watch.js';
import type { SequencerAdmin } from '../sequencer/sequencerAdmin.js';
import { DisabledSafeDb } from '../stores/disabledSafeDb.js';
import type { SafeDb } from '../stores/safeDb.js';
import { MetricsServer } from '../telemetry/metricsServer.js';
import { type L1Heads, UNKNOWN_L1_HEADS } from '../types/l1Heads.js';
import { AdminBackend } from './adminBackend.js';
import type { CheckedParts } from './checkEndpoints.js';
import { createDaServer, type DaServerParts } from './createAltDa.js';
import { createBeacon } from './createBeacon.js';
import type { DerivationParts } from './createDerivation.js';
import { createEngine, createEngineProbe } from './createEngine.js';
import type { FollowParts } from './createFollowActors.js';
import { createL1 } from './createL1.js';
import { createL2 } from './createL2.js';
import type { P2pParts } from './createP2p.js';
import type { PprofParts } from './createPprof.js';
import type { SequencerParts } from './createSequencer.js';
import type { StatusParts } from './createStatus.js';
import { type NodeDeps, versionText } from './nodeDeps.js';
import { OpstackBackend } from './opstackBackend.js';
import { ProvenStatus } from './provenStatus.js';
import { Readiness } from './readiness.js';
import { logParts } from './startLog.js';
import { StatusJoiner } from './statusJoiner.js';
import { makeTelemetry, type NodeTelemetry } from './telemetry.js';

/** Time for stopping everything; orchestrators kill after ten seconds and more. */
const STOP_TIMEOUT_MS = 8_000;

/** A node that has been put together and checked, but does nothing yet. */
export interface SlipstreamNode {
  /** Starts every part. @throws the first part's failure, after the others were stopped. */
  start(signal: AbortSignal): Promise<void>;
  /** Stops every part in order within a deadline. */
  stop(): Promise<void>;
  /** Resolves when a critical error has ended an actor: the node must stop. */
  readonly failed: Promise<NodeError>;
  /** Names of the parts in start order; they stop in the reverse order. */
  readonly parts: readonly string[];
}

/** A node and what start-up still has to check or, if that fails, close. */
export interface AssembledNode {
  readonly node: SlipstreamNode;
  readonly telemetry: NodeTelemetry;
  readonly endpoints: CheckedParts;
  close(): Promise<void>;
}

interface NodeParts extends CheckedParts {
  /** Null where no chain with alternative data availability is derived, or no DA server is configured. */
  readonly daServer: DaServerParts | null;
  readonly telemetry: NodeTelemetry;
  readonly safeDb: SafeDb;
  readonly engine: EngineActor;
  /** Null without a follow source: then nothing of follow mode exists in this node. */
  readonly follow: FollowParts | null;
  /** Null without `--l2.follow.verify`; compares only, and never feeds the engine. */
  readonly verifier: FollowVerifier | null;
  /** Null with a follow source: then nothing of derivation exists in this node. */
  readonly derivation: DerivationParts | null;
  /** Null without `--sequencer.enabled`. */
  readonly sequencer: SequencerParts | null;
  /** Null with `--p2p.disable`: then nothing of peers exists in this node. */
  readonly p2p: P2pParts | null;
  readonly status: StatusJoiner;
  /** What is shown beside the metrics; null without them. */
  readonly shown: StatusParts | null;
  /** Null where nothing is profiled. */
  readonly pprof: PprofParts | null;
}

/**
 * Makes the parts that the config asks for and wires them; no endpoint is asked. What only some nodes have is loaded
 * by those that have it.
 * @throws NodeError critical for an unusable JWT secret or safe-head database.
 */
export async function assembleNode(config: NodeConfig, deps: NodeDeps): Promise<AssembledNode> {
  const parts = await makeParts(config, deps);
  return {
    node: supervise(config, parts, deps),
    telemetry: parts.telemetry,
    endpoints: parts,
    close: () => closeAll(closers(parts)),
  };
}

async function makeParts(config: NodeConfig, deps: NodeDeps): Promise<NodeParts> {
  const telemetry = makeTelemetry(deps);
  const l2 = await createL2(config, telemetry, deps);
  const l1 = config.l1 === null ? null : createL1(config, config.l1, telemetry, deps);
  const beacon = config.beacon === null ? null : createBeacon(config.beacon, deps);
  const daServer = createDaServer(config, telemetry, deps);
  const safeDb = await openSafeDb(config, deps);
  const engine = createEngine(config, { l1, l2, safeDb, telemetry }, deps);
  const p2p =
    config.p2p === null
      ? null
      : await (await import('./createP2p.js')).createP2p(
          config,
          config.p2p,
          { l1, l2, engine, telemetry },
          deps,
        );
  const shared = { telemetry, l2, beacon, daServer, safeDb, engine, p2p };
  const onL1 = await makePartsOnL1(config, { ...shared, l1 }, deps);
  const peers = { l1, l2, engine, telemetry, verifier: onL1.verifier };
  const follow =
    config.follow === null
      ? null
      : (await import('./createFollowActors.js')).createFollowActors(
          config,
          config.follow,
          peers,
          deps,
        );
  const status = joinStatus({ engine, l1, derivation: onL1.derivation });
  const shown = config.metrics.isEnabled
    ? (await import('./createStatus.js')).createStatus(
        config,
        { status, engine, verifier: onL1.verifier, telemetry },
        deps,
      )
    : null;
  const pprof =
    config.pprof === null
      ? null
      : (await import('./createPprof.js')).createPprof(config.pprof, deps);
  return { ...shared, l1, follow, ...onL1, status, shown, pprof };
}

/** The parts that need an L1; none without one. */
async function makePartsOnL1(
  config: NodeConfig,
  {
    l1,
    p2p,
    ...shared
  }: Pick<
    NodeParts,
    'l1' | 'l2' | 'beacon' | 'daServer' | 'safeDb' | 'engine' | 'telemetry' | 'p2p'
  >,
  deps: NodeDeps,
): Promise<Pick<NodeParts, 'verifier' | 'derivation' | 'sequencer'>> {
  const { follow, l1ChainConfig, sequencer } = config;
  if (l1 === null || l1ChainConfig === null) {
    return { verifier: null, derivation: null, sequencer: null };
  }
  const args = [config, l1ChainConfig, { ...shared, l1 }, deps] as const;
  return {
    verifier: follow?.isVerifyEnabled
      ? (await import('./createVerifier.js')).createVerifier(...args)
      : null,
    derivation:
      follow === null ? (await import('./createDerivation.js')).createDerivation(...args) : null,
    sequencer: sequencer.isEnabled
      ? await (await import('./createSequencer.js')).createSequencer(
          config,
          l1ChainConfig,
          { ...shared, l1, publisher: p2p?.publisher ?? null },
          deps,
        )
      : null,
  };
}

/**
 * While following without verification the database is neither written nor read: its newest entries would answer for
 * blocks it never saw.
 */
async function openSafeDb({ safeDbPath, follow }: NodeConfig, { log }: NodeDeps): Promise<SafeDb> {
  const isFilled = follow === null || follow.isVerifyEnabled;
  if (safeDbPath === null || !isFilled) return new DisabledSafeDb();
  log.info('Safe head database enabled', { path: safeDbPath });
  const { LmdbSafeDb } = await import('../stores/safeDb.js');
  return new LmdbSafeDb({ path: safeDbPath }, { log });
}

/**
 * Parts stop in the reverse of this order: RPC intake first, then follow or derivation, engine, L1, servers, endpoints and
 * stores. Ports are bound before anything works: a node that cannot have them touches neither engine nor stored state.
 */
function supervise(config: NodeConfig, parts: NodeParts, deps: NodeDeps): SlipstreamNode {
  const { clock, random, log } = deps;
  const { telemetry, l1, engine, sequencer, p2p, shown, pprof } = parts;
  const names: string[] = [];
  const supervisor = new Supervisor(
    { stopTimeoutMs: STOP_TIMEOUT_MS },
    { clock, onStopped: (part, durationMs) => log.debug('Stopped', { part, durationMs }) },
  );
  const add = (part: Parameters<Supervisor['add']>[0]): void => {
    names.push(part.name);
    supervisor.add(part);
  };
  const addActor = (
    actor: Parameters<Supervisor['addActor']>[0],
    hooks?: Parameters<Supervisor['addActor']>[3],
  ): void => {
    names.push(actor.name);
    supervisor.addActor(actor, { backoff: DEFAULT_BACKOFF }, actorDeps(actor.name), hooks);
  };
  const actorDeps = (actor: string): RunActorDeps => ({
    clock,
    random,
    onTemporary: (err, attempt, delayMs) =>
      log.warn('Temporary error', { actor, err, attempt, delayMs }),
    onReset: (error) => engine.requestReset(error),
  });
  const rpc = makeRpcServer(config, parts, deps);
  const stopRpc = (): Promise<void> => rpc.stop();
  add(component('endpoints', { stop: () => closeAll(closers(parts)) }));
  if (pprof !== null) {
    add(pprof.component);
    for (const actor of pprof.actors) addActor(actor);
  }
  if (shown !== null) add(metricsPart(config, telemetry, shown, deps));
  add(component('rpc', { start: () => rpc.start(), stop: stopRpc }));
  if (shown !== null) addActor(shown.actor);
  if (l1 !== null) addActor(l1.watcher);
  addActor(createEngineProbe(config, { l2: parts.l2, telemetry }, deps));
  addActor(engine, { drain: () => engine.close() });
  for (const actor of safeHeadActors(parts)) addActor(actor);
  if (p2p !== null) {
    if (p2p.signerWatcher !== null) addActor(p2p.signerWatcher);
    add(component('p2p', { start: (signal) => p2p.start(signal), stop: () => p2p.stop() }));
    for (const actor of p2p.actors) addActor(actor);
  }
  if (sequencer !== null) {
    const { actor, admin, startsActive } = sequencer;
    add(component('sequencer-state', { start: () => admin.init(startsActive) }));
    addActor(actor, { drain: (signal) => stopSequencing(admin, signal, log) });
  }
  add(component('rpc-intake', { stop: stopRpc }));
  return {
    start: async (signal) => {
      logParts(config, log);
      await supervisor.start(signal);
      telemetry.info.recordInfo(versionText(deps));
      telemetry.info.recordUp();
      log.info('Rollup node started');
    },
    stop: () => supervisor.stop(),
    failed: supervisor.failed,
    parts: names,
  };
}

/** Waits until the last block that others may have seen is our own head, and says which that is. */
async function stopSequencing(
  admin: SequencerAdmin,
  signal: AbortSignal,
  log: NodeDeps['log'],
): Promise<void> {
  try {
    log.info('stopped sequencer', { latestHead: await admin.stop(signal) });
  } catch (thrown) {
    if (!hasCode(thrown, 'SEQUENCER_NOT_RUNNING')) throw thrown;
    log.info('stopping node: sequencer already stopped');
  }
}

function metricsPart(
  config: NodeConfig,
  { registry }: NodeTelemetry,
  { pages }: StatusParts,
  { clock, log }: NodeDeps,
) {
  const { addr, port } = config.metrics;
  const pageFor = (path: string, accept: string) => pages.pageFor(path, accept);
  const server = new MetricsServer({ host: addr, port }, { clock, log, source: registry, pageFor });
  return component('metrics', { start: () => server.start(), stop: () => server.stop() });
}

function joinStatus({
  engine,
  l1,
  derivation,
}: Pick<NodeParts, 'engine' | 'l1' | 'derivation'>): StatusJoiner {
  return new StatusJoiner({
    heads: engine.heads,
    l1: l1?.heads ?? new WatchCell<L1Heads>(UNKNOWN_L1_HEADS),
    derivedL1: derivation?.derivation.derivedL1 ?? null,
  });
}

/** What moves the safe heads, in the order in which it is started. */
function safeHeadActors({ follow, verifier, derivation }: NodeParts): readonly Actor[] {
  return [
    ...(follow?.actors ?? []),
    ...(verifier === null ? [] : [verifier]),
    ...(derivation?.actors ?? []),
  ];
}

function makeRpcServer(config: NodeConfig, parts: NodeParts, deps: NodeDeps): RpcServer {
  const { telemetry, l2, engine, safeDb, verifier, status } = parts;
  const derivation = parts.derivation?.derivation ?? null;
  const { clock, setLogLevel, version } = deps;
  const log = deps.log.child({ component: 'rpc' });
  const { rollup, dependencySet } = config;
  const { addr, port, isAdminEnabled } = config.rpc;
  return new RpcServer(
    {
      addr,
      port,
      enableAdmin: isAdminEnabled,
      version,
      chain: rollup,
      rollupConfigJson: rollupConfigJson(rollup),
      dependencySetJson: dependencySet === null ? null : dependencySetJson(dependencySet),
    },
    {
      status,
      recordedStatus:
        verifier === null ? status : new ProvenStatus({ status, proven: verifier.proven }),
      l2: l2.source,
      readiness: new Readiness({
        status,
        hasL1: parts.l1 !== null,
        statusAgeSec: parts.follow?.statusAgeSec ?? null,
        l1Confs: BigInt(config.derivation.l1Confs),
      }),
      safeDb,
      admin: new AdminBackend({
        engine,
        derivation,
        sequencer: parts.sequencer?.admin ?? null,
        sdm: parts.sequencer?.sdm ?? null,
        setLogLevel,
        clock,
        log,
      }),
      payload: { computeBlockHash: computePayloadBlockHash },
      opstack: config.rpc.isSequencerApiEnabled
        ? new OpstackBackend(engine, parts.p2p?.client ?? null)
        : null,
      p2p: parts.p2p?.client ?? null,
      resetEpoch: () => engine.heads.get().resetEpoch,
      clock,
      log,
      recorders: {
        served: telemetry.rpcServer.recorder('main'),
        received: telemetry.rpcClients.recorder('main'),
      },
      ws: config.rpc.isWsEnabled
        ? makeWsMetrics(telemetry.registry, telemetry.rpcServer.recorder('main').notification)
        : null,
    },
  );
}

/** Ends connections and stores; last of all. */
function closers({
  l1,
  l2,
  beacon,
  daServer,
  safeDb,
  follow,
  sequencer,
  p2p,
}: Pick<
  NodeParts,
  'l1' | 'l2' | 'beacon' | 'daServer' | 'safeDb' | 'follow' | 'sequencer' | 'p2p'
>) {
  return [
    () => l2.rpc.close(),
    () => safeDb.close(),
    ...(l1 === null ? [] : [() => l1.rpc.close()]),
    ...(beacon === null ? [] : [() => beacon.close()]),
    ...(daServer === null ? [] : [() => daServer.close()]),
    ...(follow === null ? [] : [() => follow.close()]),
    ...(sequencer === null ? [] : [() => sequencer.close()]),
    ...(p2p === null ? [] : [() => p2p.stop()]),
  ];
}
