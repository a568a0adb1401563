import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { EngineTap } from '../../conformance/engineTap.js';
import { L1Server } from '../../conformance/l1Server.js';
import { SourceServer } from '../../conformance/sourceServer.js';
import type { World } from '../../conformance/world.js';
import { recordedWorld } from '../../devnet/followRig.js';
import { launchNode } from '../../devnet/nodeProcess.js';
import { type OpGethNode, startOpGeth } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { waitFor } from '../../devnet/waitFor.js';
import { processCpuMs } from '../measure/processCpu.js';
import { residentMiB } from '../measure/residentMemory.js';

/** What a node is started as. */
interface StartMode {
  readonly name: 'verifier' | 'follower';
  readonly isFollowing: boolean;
}

/** A moment of a start: milliseconds since the process was started, and what it has used by then. */
export interface Mark {
  readonly ms: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
}

/** One start of a node. */
export interface Started {
  readonly answer: Mark;
  readonly engineCall: Mark;
}

interface Target {
  readonly name: string;
  readonly command: readonly string[];
}

export const START_MODES: readonly StartMode[] = [
  { name: 'verifier', isFollowing: false },
  { name: 'follower', isFollowing: true },
];

const TIMEOUT_MS = 30_000;
/** A node is looked at this often: the error of a measurement. */
const LOOK_MS = 2;
/** Few blocks to derive: each start finds an engine that is nearly as new as the first one did. */
const L1_HEAD = 3;
const QUESTION = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'optimism_version', params: [] });

/** The recorded L1, a source to follow and an op-geth behind a tap, on which nodes are started one after the other. */
export class StartRig {
  private starts = 0;

  private constructor(
    private readonly group: ProcessGroup,
    private readonly world: World,
    private readonly parts: {
      readonly l1: L1Server;
      readonly source: SourceServer;
      readonly geth: OpGethNode;
      readonly tap: EngineTap;
    },
  ) {}

  /** Starts the targets in turn, `rounds` times each, on one rig a target. @returns the starts of each, by name. */
  static async measure(
    mode: StartMode,
    targets: readonly Target[],
    rounds: number,
  ): Promise<ReadonlyMap<string, readonly Started[]>> {
    const group = await ProcessGroup.open();
    try {
      const world = recordedWorld('forks');
      const started = new Map<string, Started[]>();
      const rigs: [Target, StartRig][] = [];
      for (const target of targets) rigs.push([target, await StartRig.open(group, world, target)]);
      for (let round = 0; round < rounds; round++) {
        for (const [target, rig] of rigs) {
          const run = await rig.start(target, mode);
          started.set(target.name, [...(started.get(target.name) ?? []), run]);
        }
      }
      return started;
    } finally {
      await group.stop();
    }
  }

  private static async open(
    group: ProcessGroup,
    world: World,
    { name }: Target,
  ): Promise<StartRig> {
    const l1 = group.own(await L1Server.start({ world, head: L1_HEAD }));
    const source = group.own(await SourceServer.start({ world }));
    source.moveTo(L1_HEAD);
    const geth = await startOpGeth(group, {
      name: `op-geth-of-${name}`,
      genesisFile: world.path('l2-genesis.json.gz'),
      chainId: BigInt(world.rollup.l2_chain_id),
    });
    const tap = group.own(await EngineTap.start(geth.engineUrl));
    return new StartRig(group, world, { l1, source, geth, tap });
  }

  private async start({ name, command }: Target, mode: StartMode): Promise<Started> {
    const { group, world } = this;
    const { l1, source, geth, tap } = this.parts;
    const port = await freePort();
    const follow = mode.isFollowing ? [`--l2.follow.source=${source.url}`] : [];
    const calls = tap.calls.length;
    this.starts += 1;
    const startedMs = performance.now();
    const child = launchNode(group, {
      ...{ name: `${name}-${this.starts}`, world, command, l1: l1.url },
      geth: { ...geth, engineUrl: tap.url },
      flags: [...follow, `--rpc.port=${port}`],
    });
    const pid = child.pid ?? 0;
    const marked = async (what: string, isThere: () => Promise<boolean> | boolean): Promise<Mark> =>
      waitFor(async () => ((await isThere()) ? mark(pid, startedMs) : undefined), {
        ...{ what: `${name}: ${what}`, timeoutMs: TIMEOUT_MS, pollMs: LOOK_MS },
        failIf: () => child.failure(),
      });
    const [answer, engineCall] = await Promise.all([
      marked('an RPC answer', () => answers(port)),
      marked('an Engine API call', () => tap.calls.length > calls),
    ]);
    await child.stop();
    return { answer, engineCall };
  }
}

async function mark(pid: number, startedMs: number): Promise<Mark> {
  const ms = performance.now() - startedMs;
  return { ms, cpuMs: processCpuMs(pid), memoryMiB: await residentMiB(pid) };
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** True when a JSON-RPC answer came; false while nobody listens. */
async function answers(port: number): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const asked = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
  asked.end(QUESTION);
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  let text = '';
  for await (const part of answer) text += String(part);
  return text.includes('"result"');
}
