import { setTimeout as sleep } from 'node:timers/promises';
import { L1Server } from '../conformance/l1Server.js';
import { ZERO_HASH } from '../conformance/mergeStatus.js';
import { postBlocks } from '../conformance/postBlocks.js';
import type { SyncStatusJson } from '../conformance/recorded.js';
import { SourceServer } from '../conformance/sourceServer.js';
import { statusAtL1 } from '../conformance/statusAtL1.js';
import { World } from '../conformance/world.js';
import type { EngineNode } from './engineNode.js';
import { startEngine } from './engines.js';
import { scrape } from './metricsText.js';
import { type RunningNode, startNode } from './nodeProcess.js';
import type { DevnetOptions } from './options.js';
import type { ProcessGroup } from './processGroup.js';
import { RecordedTime } from './recordedTime.js';
import { rpc } from './rpcClient.js';
import { Screen } from './screen.js';
import { type Snapshot, snapshotLine, tableLines } from './view.js';
import { waitFor } from './waitFor.js';

const TICK_MS = 500;
const READY_MS = 60_000;

interface Parts {
  readonly world: World;
  readonly l1: L1Server;
  readonly source: SourceServer;
  readonly geth: EngineNode;
  readonly node: RunningNode;
}

/**
 * Runs the recorded network until the signal fires or the time is over: the L1 moves at its recorded times, the source
 * answers as op-node did at each L1 height, and the node follows it into op-geth. The sequencer's blocks come by
 * `admin_postUnsafePayload` at their recorded times, in the place of gossip.
 */
export async function runRecordedDevnet(
  group: ProcessGroup,
  options: DevnetOptions,
  signal: AbortSignal,
): Promise<void> {
  const parts = await start(group, options);
  signal.throwIfAborted();
  printAddresses(parts, options);
  const time = new RecordedTime(parts.world);
  const screen = new Screen<Snapshot>(process.stdout, { table: tableLines, line: snapshotLine });
  const started = performance.now();
  let posted = 0;
  for (;;) {
    const elapsedSec = (performance.now() - started) / 1000;
    const { l1, l2 } = time.at(options.start, elapsedSec * options.speed);
    parts.l1.chain.moveHead(l1);
    if (!parts.source.isLying) parts.source.moveTo(l1, 'sequencer');
    if (l2 > posted) {
      await postBlocks(parts.node.url, parts.world, { from: posted + 1, to: l2 });
      posted = l2;
    }
    screen.show(await look(parts, elapsedSec));
    const failure = parts.node.process.failure() ?? parts.geth.process.failure();
    if (failure) throw failure;
    if (elapsedSec >= options.seconds || signal.aborted) return;
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function start(group: ProcessGroup, options: DevnetOptions): Promise<Parts> {
  const world = new World(options.world);
  const say = (line: string) => console.log(line);
  const l1 = group.own(await L1Server.start({ world, head: options.start }));
  const status = statusAtL1(world, options.start, 'sequencer');
  const source = group.own(await SourceServer.start({ world, status }));
  const setup = {
    name: 'engine',
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
    say,
  };
  const geth = await startEngine(group, setup, options.engine);
  const node = await startNode(group, {
    ...{ name: 'node', world, geth, l1: l1.url },
    flags: [`--l2.follow.source=${source.url}`],
    ...(options.command && { command: options.command }),
  });
  await waitFor(
    async () => {
      const { unsafe_l2 } = await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
      return unsafe_l2.hash === ZERO_HASH ? undefined : true;
    },
    { what: 'the node finds its heads', timeoutMs: READY_MS, failIf: () => node.process.failure() },
  );
  return { world, l1, source, geth, node };
}

function printAddresses({ world, l1, source, geth, node }: Parts, options: DevnetOptions): void {
  const length = new RecordedTime(world).length(options.start) / options.speed;
  const call = (method: string) => `{"jsonrpc":"2.0","id":1,"method":"${method}","params":[]}`;
  const json = `-H 'content-type: application/json'`;
  console.log(
    [
      `world    ${world.name}, ${Math.round(length)} s long; after that the L1 stands still`,
      `RPC      ${node.url}`,
      `         curl -s ${json} -d '${call('optimism_syncStatus')}' ${node.url}`,
      `metrics  ${node.metricsUrl}/metrics`,
      `op-geth  ${geth.url}`,
      `L1       ${l1.url}`,
      `source   ${source.url}`,
      `         curl -s -d '{"fault":{"kind":"http500","count":5}}' ${source.url}/control`,
      `         curl -s -d '{"status":{"current_l1":{"number":1}}}' ${source.url}/control, -d '{"reset":true}' ends it`,
      '',
    ].join('\n'),
  );
}

async function look({ source, node, geth, l1 }: Parts, elapsedSec: number): Promise<Snapshot> {
  const label = async (tag: string) => {
    const block = await rpc<{ number: string } | null>(geth.url, 'eth_getBlockByNumber', [
      tag,
      false,
    ]);
    return Number(block?.number ?? 0);
  };
  const numberOr = (tag: string) => label(tag).catch(() => 0);
  const [status, engine, metrics] = await Promise.all([
    rpc<SyncStatusJson>(node.url, 'optimism_syncStatus').catch(() => null),
    Promise.all([numberOr('latest'), numberOr('safe'), numberOr('finalized')]),
    scrape(node.metricsUrl).catch(() => null),
  ]);
  const { head } = l1.chain.labels;
  const shown = { ...source.status, head_l1: { ...source.status.head_l1, number: head } };
  return { elapsedSec, source: shown, node: status, engine, metrics };
}
