import { isDeepStrictEqual } from 'node:util';
import { L1Server } from '../../conformance/l1Server.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import { startNode } from '../../devnet/nodeProcess.js';
import { startOpGeth } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { type Figures, type Goal, sideBySide } from '../measure/figures.js';
import { percentile } from '../measure/percentile.js';
import { StatusAsker } from '../measure/statusAsker.js';
import { benchTargets, type Target } from '../measure/targets.js';
import { type EngineTimes, engineTimes } from './engineIdle.js';
import { EngineWatch } from './engineWatch.js';

interface Synced {
  readonly tookMs: number;
  /** Of `optimism_syncStatus`, asked one after the other while the node derived. */
  readonly latenciesMs: readonly number[];
  /** Null where no block was built. */
  readonly engine: EngineTimes | null;
}

const TIMEOUT_MS = 180_000;
/** The four of a built block. */
const SHOWN_GAPS = 4;

/**
 * How long a node takes from its start to the world's head on a fresh op-geth, and how quickly it answers meanwhile.
 * The targets take turns in one run; `OP_NODE_BIN` names an op-node to stand beside. Times contain op-geth's own work,
 * which is the same for both: read the ratio, and the share of the time in which op-geth waited for the node.
 */
export async function benchDeriveWithEngine(
  world: World,
  rounds: number,
  figures: Figures,
): Promise<void> {
  const targets = benchTargets();
  const results = new Map<string, Synced[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) results.get(target.name)?.push(await sync(world, target));
  }
  for (const { name } of targets) print(world, name, results.get(name) ?? []);
  const figure = (
    what: string,
    unit: string,
    of: (runs: readonly Synced[]) => number,
    goal?: Goal,
  ) =>
    figures.add({
      ...{ what: `${world.name} with op-geth: ${what}`, unit, ...(goal !== undefined && { goal }) },
      ...sideBySide((name) => of(results.get(name) ?? []), targets),
    });
  figure('start to head', 's', (runs) => medianMs(runs) / 1_000, { mostTimes: 0.7 });
  figure('the engine waited', '% of the time', idlePercent);
  figure('optimism_syncStatus meanwhile, p99', 'ms', latencyP99, { most: 5 });
}

async function sync(world: World, { name, command }: Target): Promise<Synced> {
  const group = await ProcessGroup.open();
  try {
    const l1 = group.own(await L1Server.start({ world }));
    const geth = await startOpGeth(group, {
      name: 'op-geth',
      genesisFile: world.path('l2-genesis.json.gz'),
      chainId: BigInt(world.rollup.l2_chain_id),
    });
    const watch = group.own(await EngineWatch.start(geth.engineUrl));
    const startedMs = performance.now();
    const { url, process: child } = await startNode(group, {
      ...{ name, world, command, l1: l1.url },
      geth: { ...geth, engineUrl: watch.url },
    });
    const asker = new StatusAsker(url);
    const atHead = async (): Promise<true | undefined> => {
      const status = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
      return isDeepStrictEqual(status, world.status) || undefined;
    };
    await waitFor(atHead, {
      what: `${name} at the world's head`,
      timeoutMs: TIMEOUT_MS,
      failIf: () => child.failure(),
    });
    const tookMs = performance.now() - startedMs;
    const engine = engineTimes(await watch.calls());
    return { tookMs, latenciesMs: await asker.stop(), engine };
  } finally {
    await group.stop();
  }
}

function idlePercent(runs: readonly Synced[]): number {
  const shares = runs.flatMap(({ engine }) => engine?.idleShare ?? []);
  return 100 * percentile(shares, 0.5);
}

function latencyP99(runs: readonly Synced[]): number {
  return percentile(
    runs.flatMap(({ latenciesMs }) => latenciesMs),
    0.99,
  );
}

function medianMs(results: readonly Synced[]): number {
  return percentile(
    results.map(({ tookMs }) => tookMs),
    0.5,
  );
}

function print(world: World, name: string, results: readonly Synced[]): void {
  const took = medianMs(results);
  const all = results.flatMap(({ latenciesMs }) => latenciesMs);
  const rate = (count: number): string => ((count / took) * 1000).toFixed(1);
  console.log(
    `${world.name} with op-geth, ${name}: ${(took / 1000).toFixed(1)} s from start to head (median of ${results.length}; ` +
      `${rate(world.status.safe_l2.number)} L2 blocks/s, ${rate(world.status.head_l1.number)} L1 blocks/s); ` +
      `optimism_syncStatus meanwhile p50 ${percentile(all, 0.5).toFixed(1)} ms, p99 ${percentile(all, 0.99).toFixed(1)} ms`,
  );
  printEngine(results.flatMap(({ engine }) => engine ?? []));
}

/** All runs together: where between its calls the execution client waited for the node. */
function printEngine(runs: readonly EngineTimes[]): void {
  const shares = runs.map(({ idleShare }) => idleShare);
  const gaps = new Map<string, number[]>();
  for (const [between, ms] of runs.flatMap(({ gapsMs }) => [...gapsMs])) {
    gaps.set(between, [...(gaps.get(between) ?? []), ...ms]);
  }
  const total = (values: readonly number[]): number => values.reduce((sum, ms) => sum + ms, 0);
  const largest = [...gaps].sort(([, a], [, b]) => total(b) - total(a)).slice(0, SHOWN_GAPS);
  const shown = largest.map(
    ([between, ms]) => `${between} p50 ${percentile(ms, 0.5).toFixed(1)} ms`,
  );
  console.log(
    `  the engine waited ${(100 * percentile(shares, 0.5)).toFixed(0)} % of the time; between ${shown.join(', ')}`,
  );
}
