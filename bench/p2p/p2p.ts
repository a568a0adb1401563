import { setTimeout as sleep } from 'node:timers/promises';
import type { RawPeer } from '../../devnet/rawPeer.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { processCpuMs } from '../measure/processCpu.js';
import { StatusAsker } from '../measure/statusAsker.js';
import { benchTargets, type Target } from '../measure/targets.js';
import { GossipRig } from './gossipRig.js';
import { type Lags, measureLag } from './p2pLag.js';
import { measureMemory } from './p2pMemory.js';

const OPTIONS = {
  samples: { default: 60, about: 'blocks of each size', min: 0 },
  sizes: { default: [10, 100, 1000], about: 'kilobytes of transactions in a block' },
  lag: { default: 40, about: 'blocks of a live network; 0 leaves it out' },
  seconds: { default: 30, about: 'length of the flood; 0 leaves it out' },
  peers: {
    default: 30,
    about: 'peers that read while memory is watched; 0 leaves it out',
    max: 30,
  },
} as const;
const WARM_UP_BLOCKS = 12;
const REST_MS = 100;
const SECOND_MS = 1_000;
const BIG_BYTES = 1_000_000;
const FLOOD_REST_MS = 5;

/**
 * From a block in a peer's hands to `engine_newPayload`, the unsafe lag of a live network, what an asker of the sync
 * status sees under large blocks and a flood, and memory with many peers. `OP_NODE_BIN` names an op-node to stand beside.
 */
export async function runP2pBench(argv: readonly string[], figures: Figures): Promise<void> {
  const { samples, sizes, lag, seconds, peers } = benchOptions('p2p', OPTIONS, argv);
  const targets = benchTargets();
  if (samples > 0) for (const target of targets) await measureLatency(target, sizes, samples);
  if (seconds > 0) for (const target of targets) await measureFlood(target, seconds);
  if (peers > 0) for (const target of targets) await measureMemory(target, peers);
  if (lag === 0) return;
  const lags = new Map<string, Lags>();
  for (const target of targets) lags.set(target.name, await measureLag(target, lag));
  for (const role of lags.get('slipstream')?.keys() ?? []) {
    const p50 = (name: string) => lags.get(name)?.get(role);
    const [ours = Number.NaN, theirs] = [p50('slipstream'), p50('op-node')];
    const both = theirs === undefined ? { ours } : { ours, theirs };
    figures.add({
      what: `unsafe head of a ${role}, behind the sequencer: p50`,
      unit: 'ms',
      ...both,
    });
  }
}

async function measureLatency(
  { name, command }: Target,
  sizes: readonly number[],
  samples: number,
): Promise<void> {
  const rig = await GossipRig.open(command);
  try {
    const peer = await rig.peer();
    for (let block = 0; block < WARM_UP_BLOCKS; block++) await send(rig, peer, 100_000);
    for (const size of sizes) {
      const before = processCpuMs(rig.node.process.pid ?? 0);
      const latenciesMs: number[] = [];
      for (let sample = 0; sample < samples; sample++) {
        latenciesMs.push(await send(rig, peer, size * 1000));
      }
      const cpu = (processCpuMs(rig.node.process.pid ?? 0) - before) / samples;
      console.log(
        `${size} KB, ${name}: gossip to engine_newPayload ${shown(latenciesMs)}; CPU a block ${cpu.toFixed(1)} ms`,
      );
    }
  } finally {
    await rig.close();
  }
}

/** @returns milliseconds from the peer's sending to the engine. */
async function send(rig: GossipRig, peer: RawPeer, bytes: number): Promise<number> {
  const { hash, message } = rig.nextBlock(bytes);
  await sleep(REST_MS);
  const sentMs = performance.now();
  await peer.publish(rig.topic, message);
  return (await rig.arrival(hash)) - sentMs;
}

/** A block of a megabyte from three peers each second, and others that send what is nothing, under new names when they are let go. */
async function measureFlood({ name, command }: Target, seconds: number): Promise<void> {
  const rig = await GossipRig.open(command);
  let stop = new AbortController();
  try {
    const peers = await Promise.all([rig.peer(), rig.peer(), rig.peer()]);
    for (let block = 0; block < WARM_UP_BLOCKS; block++) await send(rig, peers[0], 100_000);
    for (const kind of ['at rest', 'blocks', 'blocks and flood'] as const) {
      stop = new AbortController();
      const flood = kind === 'blocks and flood' ? floodUntil(rig, stop.signal) : null;
      const asker = new StatusAsker(rig.node.url);
      const latenciesMs: number[] = [];
      for (let second = 0; second < seconds; second++) {
        const due = performance.now() + SECOND_MS;
        if (kind !== 'at rest') latenciesMs.push(await sendAll(rig, peers));
        await sleep(Math.max(0, due - performance.now()));
      }
      const askedMs = await asker.stop();
      stop.abort();
      const judged = await flood;
      const flooded = judged === null ? '' : `; ${judged} messages sent by the flood`;
      const blocks = latenciesMs.length === 0 ? '' : `; to engine_newPayload ${shown(latenciesMs)}`;
      console.log(
        `${kind}, ${name}: optimism_syncStatus ${shown(askedMs)} (${askedMs.length})${blocks}${flooded}`,
      );
    }
  } finally {
    stop.abort();
    await rig.close();
  }
}

async function sendAll(rig: GossipRig, peers: readonly RawPeer[]): Promise<number> {
  const { hash, message } = rig.nextBlock(BIG_BYTES);
  const sentMs = performance.now();
  await Promise.all(peers.map((peer) => peer.publish(rig.topic, message)));
  return (await rig.arrival(hash)) - sentMs;
}

/** @returns how many messages were sent. */
async function floodUntil(rig: GossipRig, signal: AbortSignal): Promise<number> {
  let sent = 0;
  while (!signal.aborted) {
    const peer = await rig.stranger().catch(() => null);
    try {
      while (peer?.isConnected && !signal.aborted) {
        await peer.publish(rig.topic, rig.strangersMessage(sent % 10 === 0 ? BIG_BYTES : 1_000));
        sent += 1;
        await sleep(FLOOD_REST_MS);
      }
    } catch {
      // Let go in the middle of a message.
    }
    await sleep(REST_MS);
  }
  return sent;
}

function shown(values: readonly number[]): string {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
