import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { RunningProcess } from '../../devnet/childProcess.js';
import { scrape } from '../../devnet/metricsText.js';
import { type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { SetupError } from '../../devnet/setupError.js';
import { waitFor } from '../../devnet/waitFor.js';
import { childrenOf } from '../measure/childrenOf.js';
import type { Figures } from '../measure/figures.js';
import { processCpuMs } from '../measure/processCpu.js';
import { residentMiB } from '../measure/residentMemory.js';
import type { DayReady } from './dayServers.js';

/** L1 blocks of a day of 12 s each. */
export const DAY_L1_BLOCKS = 7_200;

interface Mark {
  readonly l1: number;
  readonly l2: number;
  readonly ms: number;
  readonly memoryMiB: number;
}

interface Used {
  readonly nodeCpuMs: number;
  readonly childrenCpuMs: number;
  readonly mostHeldMiB: number;
}

const MADE_WITHIN_MS = 900_000;
const STALLED_MS = 120_000;
const LOOK_MS = 250;
/** Memory is printed each so many L1 blocks; of short runs ten times. */
const MARK_BLOCKS = 500;
const MARKS = 10;
const BYTES_PER_MIB = 1024 * 1024;

/**
 * The largest day that L1 has room for: six to nine full blobs in each block. The node is real, and so is all that it does;
 * L1, beacon node and an execution client that accepts every block at once are another process. Printed are L2 blocks a
 * second, memory on the way and its growth, and the most that was read ahead.
 */
export async function benchSyntheticDay(l1Blocks: number, figures: Figures): Promise<void> {
  const group = await ProcessGroup.open();
  try {
    const { ready, server } = await startServers(group, l1Blocks);
    const node = await startNode(group, {
      ...{ name: 'node', l1: ready.l1 },
      world: { path: (file) => join(group.folder, file) },
      geth: { engineUrl: ready.engine, jwtFile: join(group.folder, 'jwt') } as OpGethNode,
      flags: [`--safedb.path=${join(group.folder, 'safedb')}`],
    });
    const { marks, used } = await follow(node, ready, l1Blocks);
    print(l1Blocks, marks, used, processCpuMs(server.pid ?? 0));
    const { l2 = 0, ms = 0, memoryMiB = 0 } = marks.at(-1) ?? {};
    const add = (what: string, unit: string, ours: number): void =>
      figures.add({ what: `${l1Blocks} L1 blocks of 6 to 9 full blobs: ${what}`, unit, ours });
    add('L2 blocks a second', '1/s', l2 / (ms / 1_000));
    add('read ahead at most', 'MiB', used.mostHeldMiB);
    add('memory at the end', 'MiB', memoryMiB);
  } finally {
    await group.stop();
  }
}

async function startServers(
  group: ProcessGroup,
  l1Blocks: number,
): Promise<{ readonly ready: DayReady; readonly server: RunningProcess }> {
  const server = group.start({
    name: 'servers',
    command: process.execPath,
    args: [
      fileURLToPath(new URL('./dayServers.js', import.meta.url)),
      ...[group.folder, String(l1Blocks)],
    ],
  });
  const ready = await waitFor(() => /^\{.*\}$/m.exec(server.output)?.[0], {
    ...{ what: 'the day is made', timeoutMs: MADE_WITHIN_MS },
    failIf: () => server.failure(),
  });
  return { ready: JSON.parse(ready) as DayReady, server };
}

async function follow(node: RunningNode, { l2Head }: DayReady, l1Blocks: number) {
  const pid = node.process.pid ?? 0;
  const every = Math.max(1, Math.min(MARK_BLOCKS, Math.floor(l1Blocks / MARKS)));
  const startedMs = performance.now();
  const marks: Mark[] = [];
  let mostHeld = 0;
  let movedMs = startedMs;
  for (let last = 0; last < l2Head; await sleep(LOOK_MS)) {
    const failure = node.process.failure();
    if (failure) throw failure;
    const status = await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
    const [l1, l2] = [status.current_l1.number, status.safe_l2.number];
    const ms = performance.now() - startedMs;
    if (l2 > last) movedMs = performance.now();
    if (performance.now() - movedMs > STALLED_MS) throw new SetupError(`stuck at L2 block ${l2}`);
    last = l2;
    const held = (await scrape(node.metricsUrl)).get('op_node_default_l1_prefetch_bytes') ?? 0;
    mostHeld = Math.max(mostHeld, held);
    if (l1 < (marks.length + 1) * every && l2 < l2Head) continue;
    const memoryMiB = await residentMiB(pid);
    const children = await Promise.all(childrenOf(pid).map(residentMiB));
    const childrenMiB = children.reduce((sum, mib) => sum + mib, 0);
    marks.push({ l1, l2, ms, memoryMiB });
    console.log(
      `  L1 block ${l1}, L2 block ${l2} after ${(ms / 1000).toFixed(0)} s: ` +
        `node ${memoryMiB.toFixed(0)} MiB, proving ${childrenMiB.toFixed(0)} MiB`,
    );
  }
  const childrenCpuMs = childrenOf(pid).reduce((sum, child) => sum + processCpuMs(child), 0);
  const used: Used = {
    ...{ nodeCpuMs: processCpuMs(pid), childrenCpuMs },
    mostHeldMiB: mostHeld / BYTES_PER_MIB,
  };
  return { marks, used };
}

function print(l1Blocks: number, marks: readonly Mark[], used: Used, serverCpuMs: number): void {
  const last = marks.at(-1);
  if (last === undefined) return;
  const seconds = last.ms / 1000;
  const perL2 = (ms: number): string => (ms / last.l2).toFixed(1);
  console.log(
    `${l1Blocks} L1 blocks of 6 to 9 full blobs: ${last.l2} L2 blocks in ${seconds.toFixed(0)} s, ` +
      `${(last.l2 / seconds).toFixed(1)} L2 blocks/s, ${(l1Blocks / seconds).toFixed(2)} L1 blocks/s; ` +
      `a day of ${DAY_L1_BLOCKS} at that rate ${((DAY_L1_BLOCKS / l1Blocks) * (seconds / 60)).toFixed(0)} min`,
  );
  console.log(
    `  CPU an L2 block: node ${perL2(used.nodeCpuMs)} ms, proving ${perL2(used.childrenCpuMs)} ms ` +
      `(servers of the bench ${perL2(serverCpuMs)} ms); read ahead at most ${used.mostHeldMiB.toFixed(0)} MiB; ` +
      `memory ${growth(marks)}`,
  );
}

/** From the middle of the run to its end. */
function growth(marks: readonly Mark[]): string {
  const [middle, last] = [marks[Math.floor(marks.length / 2)], marks.at(-1)];
  if (middle === undefined || last === undefined || last.l1 === middle.l1) return 'not known';
  const perThousand = ((last.memoryMiB - middle.memoryMiB) / (last.l1 - middle.l1)) * 1000;
  return `grew by ${perThousand.toFixed(1)} MiB each 1,000 L1 blocks in the second half`;
}
