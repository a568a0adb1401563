import { setTimeout as sleep } from 'node:timers/promises';
import type { RawPeer } from '../../devnet/rawPeer.js';
import { residentMiB } from '../measure/residentMemory.js';
import type { Target } from '../measure/targets.js';
import { GossipRig } from './gossipRig.js';

const BLOCK_BYTES = 100_000;
/** As long as it takes until garbage of a start is gone, and what peers cost has come. */
const BLOCKS = 30;
const SECOND_MS = 1_000;
/** A node may let few new connections a second in from one address. */
const CONNECT_EVERY_MS = 250;
/** So many peers at one address would be an attack. */
const ALL_WELCOME = ['--p2p.scoring=none', '--p2p.ban.peers=false'];

/** Resident memory of a node with one peer and with many, each time after half a minute of blocks. */
export async function measureMemory({ name, command }: Target, peers: number): Promise<void> {
  const rig = await GossipRig.open([...command, ...ALL_WELCOME]);
  try {
    const peer = await rig.reader();
    const before = await memoryAfterBlocks(rig, peer);
    for (let count = 1; count < peers; count++) {
      await sleep(CONNECT_EVERY_MS);
      await rig.reader();
    }
    const after = await memoryAfterBlocks(rig, peer);
    const each = ((after - before) * 1024) / Math.max(1, peers - 1);
    console.log(
      `memory, ${name}: ${before.toFixed(0)} MiB with one peer, ${after.toFixed(0)} MiB with ${peers}; ${each.toFixed(0)} KiB a peer`,
    );
  } finally {
    await rig.close();
  }
}

/** The most in the second half of the time, in MiB. */
async function memoryAfterBlocks(rig: GossipRig, peer: RawPeer): Promise<number> {
  let most = 0;
  for (let block = 0; block < BLOCKS; block++) {
    const { hash, message } = rig.nextBlock(BLOCK_BYTES);
    await peer.publish(rig.topic, message);
    await rig.arrival(hash);
    await sleep(SECOND_MS);
    if (block >= BLOCKS / 2) {
      most = Math.max(most, await residentMiB(rig.node.process.pid ?? 0));
    }
  }
  return most;
}
