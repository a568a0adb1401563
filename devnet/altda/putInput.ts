import type { Hex } from 'viem';
import { bytesToHex } from 'viem';

/** Has a DA server keep the input. @returns the commitment that it made, type byte first. @throws Error when it refuses. */
export async function putInput(url: string, input: Uint8Array): Promise<Hex> {
  const answer = await fetch(`${url}/put`, { method: 'POST', body: Uint8Array.from(input) });
  if (!answer.ok) throw new Error(`the DA server answers ${answer.status}`);
  return bytesToHex(new Uint8Array(await answer.arrayBuffer()));
}
