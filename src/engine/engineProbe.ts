import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Actor } from '../runtime/actor.js';
import { anyOf } from '../runtime/anyOf.js';
import type { Clock } from '../runtime/clock.js';
import { unixDate } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import type { RpcClient } from '../transport/ports.js';
import type { EngineAbilities } from './engineAbilities.js';
import type { EngineFacts, EngineVersion } from './engineFacts.js';
import { readEngineFacts } from './engineFacts.js';
import { OUR_METHODS } from './engineMethods.js';
import type { EngineKind, SyncMode } from './taskContext.js';
import { type UnservedFork, unservedForks } from './unservedForks.js';

/** How often it is said again that the execution client lacks what a fork needs, and how long before that fork. */
const REMIND_MS = 24 * 3_600_000;
const BEFORE_FORK_MS = 3_600_000;

/** By the letters of the client's version. */
const KIND_OF: ReadonlyMap<string, EngineKind> = new Map([
  ['GE', 'geth'],
  ['RH', 'reth'],
  ['EG', 'erigon'],
]);

export interface EngineProbeOptions {
  readonly rollup: Pick<RollupConfig, 'forks'>;
  readonly engineKind: EngineKind;
  readonly syncMode: SyncMode;
  /** Of this node, as the execution client is told it. */
  readonly version: string;
}

export interface EngineProbeDeps {
  readonly rpc: RpcClient;
  readonly abilities: EngineAbilities;
  readonly clock: Clock;
  readonly log: Log;
  /** How many scheduled forks the execution client lacks methods of. */
  readonly recordUnserved: (forks: number) => void;
}

/**
 * Asks the execution client what it is and which methods it has: at start, and each time it was away. What it lacks of a
 * scheduled fork is warned about at once, daily, an hour before that fork and when it comes, each time after it was asked
 * anew. Run by the supervisor; a failure is tried again with back-off, and nothing waits for the outcome.
 */
export class EngineProbe implements Actor {
  readonly name = 'engine-probe';
  private told: string | null = null;
  private warned: string | null = null;
  private warnDueMs = 0;

  constructor(
    private readonly options: EngineProbeOptions,
    private readonly deps: EngineProbeDeps,
  ) {}

  async step(signal: AbortSignal): Promise<void> {
    const { rpc, abilities, clock } = this.deps;
    const seen = abilities.returns.get();
    const facts = await readEngineFacts(rpc, this.options.version, signal);
    abilities.learn(facts.methods);
    this.tell(facts);
    const unserved = unservedForks(this.options.rollup, facts.methods);
    this.deps.recordUnserved(unserved.length);
    this.warn(unserved);
    const waits = [(s: AbortSignal): Promise<unknown> => abilities.returns.changed(seen, s)];
    if (unserved.length > 0) {
      waits.push((s) => clock.sleep(Math.max(1, this.warnDueMs - clock.nowMs()), s));
    }
    await anyOf(waits, signal);
  }

  /** Once, and again when it is another one. */
  private tell({ client, methods }: EngineFacts): void {
    const { log } = this.deps;
    const { engineKind, syncMode } = this.options;
    const had = methods === null ? 'not told' : OUR_METHODS.filter((name) => methods.has(name));
    const fields = { ...fieldsOf(client), engineKind, methods: String(had) };
    const line = JSON.stringify(fields);
    if (this.told === line) return;
    this.told = line;
    log.info('Execution engine', fields);
    const kind = engineKindOf(client);
    // The kind decides whether a sync of its own is awaited, and nothing else.
    if (kind === null || kind === engineKind || syncMode !== 'execution-layer') return;
    log.warn('The execution engine is of another kind than --l2.enginekind says', {
      engineKind,
      is: kind,
    });
  }

  private warn(unserved: readonly UnservedFork[]): void {
    const nowMs = this.deps.clock.nowMs();
    const what = unserved.map(({ fork, lacks }) => `${fork} ${lacks}`).join();
    if (what === this.warned && nowMs < this.warnDueMs) return;
    this.warned = what;
    const activations = unserved.map(({ time }) => Number(time) * 1_000);
    const moments = activations.flatMap((atMs) => [atMs - BEFORE_FORK_MS, atMs]);
    this.warnDueMs = Math.min(nowMs + REMIND_MS, ...moments.filter((atMs) => atMs > nowMs));
    for (const { fork, time, lacks, instead } of unserved) {
      const atMs = Number(time) * 1_000;
      const asked = instead === null ? {} : { asksInstead: instead };
      const fields = { fork, activation: unixDate(atMs), lacks: String(lacks), ...asked };
      if (atMs > nowMs) {
        this.deps.log.warn('The execution engine lacks methods of a fork that comes', fields);
      } else {
        this.deps.log.error('The execution engine lacks methods of a fork that is active', fields);
      }
    }
  }
}

/** What `--l2.enginekind` should say of a client; null where it does not tell, or is none of them. */
export function engineKindOf(client: EngineVersion | null): EngineKind | null {
  return KIND_OF.get(client?.code ?? '') ?? null;
}

function fieldsOf(client: EngineVersion | null): Readonly<Record<string, string>> {
  if (client === null) return { client: 'not told' };
  const { name, version, commit, code } = client;
  return { client: name, version, commit, code };
}
