import { setTimeout as sleep } from 'node:timers/promises';
import { EngineTap, type TappedCall } from '../../conformance/engineTap.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { FaultFront } from '../../devnet/faultFront.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { headTimes } from '../measure/headTimes.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { benchTargets, type Target } from '../measure/targets.js';
import { openEarlyForksRig } from '../rigs/earlyForksRig.js';

/** What the source does, and how it comes back. */
interface Trouble {
  readonly name: string;
  readonly begin: (source: FaultFront) => Promise<void> | void;
  readonly end: (source: FaultFront) => Promise<void>;
}

/** A network of one target: it sequences, a verifier derives what was posted, and is followed through a front. */
interface Network {
  readonly source: FaultFront;
  readonly tap: EngineTap;
  readonly url: string;
  readonly failure: () => Error | null;
}

const OPTIONS = {
  seconds: { default: 45, about: 'length of each trouble', min: 10 },
} as const;
const BLOCK_TIME_SEC = 2;
const REACH_MS = 180_000;
const NEVER_MS = 3_600_000;
const TRICKLE_MS = 1_000;

const arms = (kind: 'hang' | 'trickle' | 'garbage', ms: number) => (source: FaultFront) =>
  source.faults.arm({ kind, ms, count: 0 });

/** What hangs is broken off as well, so that every trouble begins with a source that answers. */
const restart = async (source: FaultFront): Promise<void> => {
  source.faults.arm(null);
  await source.close();
  await source.listen();
};

const TROUBLES: readonly Trouble[] = [
  { name: 'answers', begin: () => undefined, end: async () => undefined },
  { name: 'hangs', begin: arms('hang', NEVER_MS), end: restart },
  { name: 'trickles a byte a second', begin: arms('trickle', TRICKLE_MS), end: restart },
  { name: 'answers garbage', begin: arms('garbage', 0), end: restart },
  { name: 'is down', begin: (source) => source.close(), end: restart },
];

/**
 * The longest gap between the blocks of a sequencer that follows, while its source goes wrong in each way for a while, at
 * two seconds a block and with the node's own default timeouts. Each target has a network of its own; `OP_NODE_BIN` names
 * an op-node to stand beside in the same role.
 */
export async function runLightSequencerBench(argv: readonly string[]): Promise<void> {
  const { seconds } = benchOptions('lightSequencer', OPTIONS, argv);
  const targets = benchTargets();
  for (const target of targets) await measure(target, seconds);
}

async function measure({ name, command }: Target, seconds: number): Promise<void> {
  const group = await ProcessGroup.open();
  try {
    const network = await open(group, command);
    for (const trouble of TROUBLES) {
      await followsNow(network);
      const fromMs = Date.now();
      await trouble.begin(network.source);
      await sleep(seconds * 1000);
      const toMs = Date.now();
      await trouble.end(network.source);
      print(name, trouble, gapsMs(network.tap.calls, fromMs, toMs));
    }
  } finally {
    await group.stop();
  }
}

async function open(group: ProcessGroup, command: readonly string[]): Promise<Network> {
  const rig = await openEarlyForksRig(group, { blockTimeSec: BLOCK_TIME_SEC });
  const verifier = await rig.node({
    ...{ name: 'verifier', geth: await rig.engine('op-geth-verifier') },
    flags: ['--l2.enginekind=geth'],
  });
  const source = group.own(await FaultFront.start(verifier.node.url));
  const geth = await rig.engine('op-geth-sequencer');
  const tap = group.own(await EngineTap.start(geth.engineUrl));
  const sequencer = await rig.node({
    ...{ name: 'sequencer', command, geth: { ...geth, engineUrl: tap.url } },
    flags: [
      ...['--sequencer.enabled', '--sequencer.l1-confs=1', '--l2.enginekind=geth'],
      `--l2.follow.source=${source.url}`,
    ],
  });
  rig.batcher(sequencer);
  const { url, process } = sequencer.node;
  return { source, tap, url, failure: () => process.failure() };
}

/** Waits for two safe heads that were followed one after the other: the source answers, and is heard. */
async function followsNow({ url, failure }: Network): Promise<void> {
  let first = 0;
  const hasMoved = async () => {
    const { safe_l2 } = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
    if (first === 0) first = safe_l2.number;
    return first > 0 && safe_l2.number > first ? true : undefined;
  };
  await waitFor(hasMoved, {
    ...{ what: 'the followed safe head moves', timeoutMs: REACH_MS, failIf: failure },
  });
}

/** Between one new head and the next, the open ones at both ends included as far as they lie within the time. */
function gapsMs(calls: readonly TappedCall[], fromMs: number, toMs: number): readonly number[] {
  const within = [...headTimes(calls).values()].filter((atMs) => atMs >= fromMs && atMs <= toMs);
  const marks = [...within, toMs];
  return marks.map((atMs, at) => atMs - (marks[at - 1] ?? fromMs));
}

function print(name: string, trouble: Trouble, gaps: readonly number[]): void {
  const shown = (share: number) => (percentile(gaps, share) / 1000).toFixed(2);
  console.log(
    `the source ${trouble.name}, ${name}: longest gap between two blocks ${shown(1)} s, ` +
      `p50 ${shown(0.5)} s (${gaps.length - 1} blocks)`,
  );
}
