import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import type { Address } from '../../src/types/block.js';
import { rpc } from '../rpcClient.js';
import { commitmentOf } from './commitment.js';
import type { DaChallenger, PlacedCommitment } from './daChallenger.js';
import type { DaServer } from './daServer.js';

export interface ChallengesSetup {
  /** L1 JSON-RPC. */
  readonly l1Url: string;
  readonly batchInbox: Address;
  readonly da: DaServer;
  readonly challenger: DaChallenger;
  readonly say: (line: string) => void;
}

const EVERY_MS = 30_000;
/** How far back a commitment is looked for. */
const RECENT_BLOCKS = 6;

interface BlockWithData {
  readonly transactions: readonly { readonly to: Address | null; readonly input: Hex }[];
}

/**
 * Until the signal fires: every half minute challenges the newest commitment, and resolves it with the input that the DA
 * server has. A challenge of an input that it has lost stays as it is, and is lost.
 */
export async function runChallenges(setup: ChallengesSetup, signal: AbortSignal): Promise<void> {
  const { say } = setup;
  while (!signal.aborted) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await challengeOne(setup).catch((thrown: unknown) => {
      say(`challenger: ${thrown instanceof Error ? thrown.message : thrown}`);
    });
  }
}

async function challengeOne(setup: ChallengesSetup): Promise<void> {
  const { da, challenger, say } = setup;
  const placed = await newestCommitment(setup);
  if (placed === null) return;
  const at = await challenger.challenge(placed);
  say(`challenger: ${placed.commitment} of L1 block ${placed.l1Number} is challenged in ${at}`);
  const input = da.inputs.get(placed.commitment);
  if (input === undefined) return;
  say(`challenger: resolved in L1 block ${await challenger.resolve(placed, input)}`);
}

async function newestCommitment({
  l1Url,
  batchInbox,
}: ChallengesSetup): Promise<PlacedCommitment | null> {
  const head = Number(await rpc<Hex>(l1Url, 'eth_blockNumber'));
  for (let l1Number = head; l1Number > Math.max(0, head - RECENT_BLOCKS); l1Number--) {
    const tag = `0x${l1Number.toString(16)}`;
    const block = await rpc<BlockWithData>(l1Url, 'eth_getBlockByNumber', [tag, true]);
    const inbox = block.transactions.filter(
      (tx) => tx.to?.toLowerCase() === batchInbox.toLowerCase(),
    );
    const commitment = inbox.map(({ input }) => commitmentOf(input)).findLast((found) => found);
    if (commitment) return { l1Number, commitment };
  }
  return null;
}
