import { setTimeout as sleep } from 'node:timers/promises';
import { DaChallenger } from '../altda/daChallenger.js';
import { runChallenges } from '../altda/runChallenges.js';
import type { DevnetChainOptions } from '../genesis/devnetGenesis.js';
import type { DevnetOptions } from '../options.js';
import type { ProcessGroup } from '../processGroup.js';
import { Screen } from '../screen.js';
import { LIVE_ROLES, LiveNetwork } from './liveNetwork.js';
import { type LiveSnapshot, liveJson, liveLine, liveTable } from './liveView.js';
import { readHeads } from './networkHeads.js';
import { runTraffic } from './traffic.js';

const TICK_MS = 1_000;

/** A chain whose forks activate four seconds apart, up to the newest that the engine knows. */
export function quickChain(nowSec: number): DevnetChainOptions {
  return {
    time: nowSec,
    forkOffsets: {
      ecotone: 4,
      fjord: 8,
      granite: 12,
      holocene: 16,
      isthmus: 20,
      jovian: 24,
      karst: 28,
      lagoon: 32,
    },
    l2BlockTimeSec: 1,
    sequencingWindow: 200,
    channelTimeout: 60,
    l1ChainId: 900,
    l2ChainId: 901,
  };
}

/** Seconds between two L1 blocks. */
export const L1_BLOCK_TIME_SEC = 2;

/** L1 blocks: short enough to see a challenge end. */
const DA_WINDOWS = { challengeWindow: 20, resolveWindow: 20 };

/** Runs the live network, with some traffic, until the signal fires or the time is over. */
export async function runLiveDevnet(
  group: ProcessGroup,
  options: DevnetOptions,
  signal: AbortSignal,
): Promise<void> {
  const say = (line: string) => (options.isJson ? console.error(line) : console.log(line));
  say('making a new chain and starting its L1, three engines and three nodes');
  const { command } = options;
  const network = await LiveNetwork.open(group, {
    chain: {
      ...quickChain(Math.floor(Date.now() / 1000)),
      ...(options.altDa !== undefined && { altDa: { commitment: options.altDa, ...DA_WINDOWS } }),
    },
    l1BlockTimeSec: L1_BLOCK_TIME_SEC,
    say,
    env: process.env,
    engine: options.engine,
    ...(command && { command }),
  });
  signal.throwIfAborted();
  for (const line of addressLines(network)) say(line);
  const over = new AbortController();
  const { rig, nodes } = network;
  const ends = AbortSignal.any([signal, over.signal]);
  const traffic = Promise.all([
    runTraffic(rig, nodes.sequencer.geth.url, ends),
    challenges(network, say, ends),
  ]);
  try {
    await watch(network, options, signal);
  } finally {
    over.abort();
    await traffic;
  }
}

/** Challenges where the chain can be challenged. */
async function challenges(
  { rig: { l1, da, chain } }: LiveNetwork,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { addresses, accounts } = chain.genesis;
  const { dataAvailabilityChallenge: contract, batchInbox } = addresses;
  if (da === null || contract === undefined) return;
  const { privateKey } = accounts.challenger;
  const { l1ChainId } = chain.options;
  const challenger = new DaChallenger({ l1Url: l1.url, l1ChainId, contract, privateKey });
  await runChallenges({ l1Url: l1.url, batchInbox, da, challenger, say }, signal);
}

async function watch(
  network: LiveNetwork,
  { seconds, isJson }: DevnetOptions,
  signal: AbortSignal,
): Promise<void> {
  const screen = new Screen<LiveSnapshot>(process.stdout, { table: liveTable, line: liveLine });
  const started = performance.now();
  for (;;) {
    const elapsedSec = (performance.now() - started) / 1000;
    const snapshot: LiveSnapshot = {
      elapsedSec,
      chain: network.rig.chain.options,
      heads: await readHeads(network),
      postedThrough: network.batcher?.postedThrough ?? null,
    };
    if (isJson) console.log(liveJson(snapshot));
    else screen.show(snapshot);
    const failure = network.failure();
    if (failure) throw failure;
    if (elapsedSec >= seconds || signal.aborted) return;
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

function addressLines({ nodes, rig: { l1, da, group } }: LiveNetwork): readonly string[] {
  const call = '{"jsonrpc":"2.0","id":1,"method":"optimism_syncStatus","params":[]}';
  const json = `-H 'content-type: application/json'`;
  return [
    `L1         ${l1.url}  beacon ${l1.beaconUrl}`,
    ...LIVE_ROLES.map((role) => {
      const { node, geth } = nodes[role];
      return `${role.padEnd(10)} ${node.url}  metrics ${node.metricsUrl}/metrics  engine ${geth.url}`;
    }),
    `           curl -s ${json} -d '${call}' ${nodes.sequencer.node.url}`,
    ...(da === null
      ? []
      : [
          `DA server  ${da.url}`,
          `           curl -s -d '{"fault":{"kind":"http500","count":3}}' ${da.url}/control`,
        ]),
    `logs       ${group.folder}`,
    '',
  ];
}
