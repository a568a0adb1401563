import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DeriveRig } from '../../devnet/deriveRig.js';
import { rpc } from '../../devnet/rpcClient.js';
import { builtBlocks } from '../builtBlocks.js';
import type { OutputJson, SafeHeadEntry, SyncStatusJson } from '../recorded.js';
import type { World } from '../world.js';
import type { WorldFiles } from './worldFiles.js';

export interface DerivationRecording {
  readonly world: World;
  readonly files: WorldFiles;
  readonly say: (line: string) => void;
  /** The node's command line without flags; the built node unless given. */
  readonly command?: readonly string[];
}

/** A node that is at rest says the same for so long. */
const REST_MS = 8_000;

/** Has a node derive a world whose L1 is written, and writes down what it built and answers at rest. */
export async function recordDerivation(recording: DerivationRecording): Promise<void> {
  const { world, files, say, command } = recording;
  const rig = await DeriveRig.open(world, { say, ...(command !== undefined && { command }) });
  try {
    const { url } = await rig.startNode();
    const status = await atRest(rig, world.facts.l1.head);
    say(`${world.name}: at rest, safe head ${status.safe_l2.number}`);
    await files.json('sync-status.json', status);
    await files.json('safe-heads.json', await safeHeads(url, world.facts.l1.head));
    await files.lines('outputs.jsonl.gz', await outputs(url, status.safe_l2.number));
    await files.lines('derived.jsonl.gz', await derivedLines(rig));
  } finally {
    await rig.close();
  }
}

async function atRest(rig: DeriveRig, head: number): Promise<SyncStatusJson> {
  let status = await rig.reach('L1 is read', ({ current_l1 }) => current_l1.number === head);
  for (;;) {
    await sleep(REST_MS);
    const now = await rig.status();
    if (isDeepStrictEqual(now, status)) return status;
    status = now;
  }
}

async function safeHeads(url: string, head: number): Promise<readonly SafeHeadEntry[]> {
  const entries: SafeHeadEntry[] = [];
  for (let l1 = 0; l1 <= head; l1++) {
    const answer = await rpc<SafeHeadEntry['answer']>(url, 'optimism_safeHeadAtL1Block', [
      `0x${l1.toString(16)}`,
    ]).catch((thrown: unknown) => ({ error: String(thrown) }));
    entries.push({ l1, answer });
  }
  return entries;
}

async function outputs(url: string, last: number): Promise<readonly OutputJson[]> {
  const all: OutputJson[] = [];
  for (let number = 0; number <= last; number++) {
    const { syncStatus: _, ...output } = await rpc<OutputJson & { syncStatus: unknown }>(
      url,
      'optimism_outputAtBlock',
      [`0x${number.toString(16)}`],
    );
    all.push(output);
  }
  return all;
}

/** What was built, in order; canonical is what the engine has at that height in the end. */
async function derivedLines({ tap, geth }: DeriveRig): Promise<readonly unknown[]> {
  const lines = [];
  for (const { number, hash, parent, ...rest } of builtBlocks(tap)) {
    const block = await rpc<{ readonly hash: string } | null>(geth.url, 'eth_getBlockByNumber', [
      ...[`0x${number.toString(16)}`, false],
    ]);
    lines.push({ number, hash, parent, canonical: block?.hash === hash, ...rest });
  }
  return lines;
}
