import { isDeepStrictEqual } from 'node:util';
import { type EngineKind, startEngine } from '../devnet/engines.js';
import { startNode } from '../devnet/nodeProcess.js';
import { ProcessGroup } from '../devnet/processGroup.js';
import { rpc } from '../devnet/rpcClient.js';
import { waitFor } from '../devnet/waitFor.js';
import { compareFollow } from './compareFollow.js';
import { L1Server } from './l1Server.js';
import { ZERO_HASH } from './mergeStatus.js';
import { postBlocks } from './postBlocks.js';
import type { SyncStatusJson } from './recorded.js';
import type { Report } from './report.js';
import { SourceServer } from './sourceServer.js';
import type { World } from './world.js';

const REST_MS = 60_000;

export interface FollowRun {
  readonly world: World;
  readonly report: Report;
  readonly say: (line: string) => void;
  /** The node's command line without flags; the built node unless given. */
  readonly command?: readonly string[];
  /** Data and logs stay in this folder. */
  readonly folder?: string;
  /** The kind of execution client; that of `L2_ENGINE`, or op-geth, unless given. */
  readonly engine?: EngineKind;
}

/**
 * Brings a node to the recorded state and compares: the recorded L1, a source that serves the recorded status, an engine
 * on the world's genesis, the L2 blocks posted up to the status's unsafe head. The source stands at genesis until the
 * blocks are in, as the recorded node's engine held them before it followed. Everything is stopped at the end.
 */
export async function runFollow({
  world,
  report,
  say,
  command,
  folder,
  engine,
}: FollowRun): Promise<void> {
  const group = await ProcessGroup.open(folder === undefined ? {} : { folder });
  try {
    const l1 = group.own(await L1Server.start({ world }));
    const source = group.own(await SourceServer.start({ world }));
    source.moveTo(0);
    const genesisFile = world.path('l2-genesis.json.gz');
    const chainId = BigInt(world.rollup.l2_chain_id);
    const geth = await startEngine(group, { name: 'engine', genesisFile, chainId, say }, engine);
    const node = await startNode(group, {
      ...{ name: 'node', world, geth, l1: l1.url },
      flags: [`--l2.follow.source=${source.url}`],
      ...(command && { command }),
    });
    const run = { world, url: node.url, failIf: () => node.process.failure() };
    await reach(run, 'the engine at genesis', ({ unsafe_l2 }) => unsafe_l2.hash !== ZERO_HASH);
    await postBlocks(node.url, world, { from: 1, to: world.status.unsafe_l2.number });
    await reach(run, 'the posted blocks', ({ unsafe_l2 }) =>
      isDeepStrictEqual(unsafe_l2, world.status.unsafe_l2),
    );
    source.truth();
    await reach(run, 'the recorded status', (status) =>
      isDeepStrictEqual(status, world.followStatus),
    );
    await compareFollow(world, node.url, report);
  } finally {
    await group.stop();
  }
}

interface Rest {
  readonly world: World;
  readonly url: string;
  readonly failIf: () => Error | null;
}

/** Waits for a status. A node that rests elsewhere is no error here: the comparison will show it. */
async function reach(
  { world, url, failIf }: Rest,
  what: string,
  holds: (status: SyncStatusJson) => boolean,
): Promise<void> {
  const probe = async () =>
    holds(await rpc<SyncStatusJson>(url, 'optimism_syncStatus')) ? true : undefined;
  const wait = { what: `${world.name}: ${what}`, timeoutMs: REST_MS, failIf };
  await waitFor(probe, wait).catch((thrown: unknown) => {
    const died = failIf();
    if (died) throw died;
    console.error(thrown instanceof Error ? thrown.message : thrown);
  });
}
