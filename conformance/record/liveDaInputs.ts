import { commitmentOf } from '../../devnet/altda/commitment.js';
import type { DaInputJson, L1Entry } from '../recorded.js';

const NOT_FOUND = 404;

/** Every commitment that was sent to the inbox, in order, with the input that the DA server has for it now. */
export async function liveDaInputs(
  da: string,
  l1: readonly L1Entry[],
  inbox: string,
): Promise<readonly DaInputJson[]> {
  const data = l1.flatMap(({ block }) =>
    block.transactions
      .filter((tx) => String(tx.to).toLowerCase() === inbox.toLowerCase())
      .map(({ input }) => commitmentOf(input as `0x${string}`)),
  );
  const commitments = new Set(data.filter((commitment) => commitment !== null));
  const lines: DaInputJson[] = [];
  for (const commitment of commitments) {
    lines.push({ commitment, input: await inputOf(da, commitment) });
  }
  return lines;
}

async function inputOf(da: string, commitment: string): Promise<DaInputJson['input']> {
  const answer = await fetch(`${da}/get/${commitment}`);
  if (answer.status === NOT_FOUND) return null;
  if (!answer.ok) throw new Error(`the DA server answers ${answer.status} for ${commitment}`);
  return `0x${Buffer.from(await answer.arrayBuffer()).toString('hex')}`;
}
