import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Address, Hash } from '../../src/types/block.js';

/** What op-node gossiped and served on a private chain that goes through all forks to Jovian. */

const FOLDER = 'test/fixtures/gossip/';

export interface RecordedMessage {
  readonly topic: string;
  /** As it came over the wire. */
  readonly data: Uint8Array;
}

export interface RecordedAnswer {
  readonly number: bigint;
  /** All bytes of the stream. */
  readonly answer: Uint8Array;
}

const text = (name: string): string => {
  const bytes = readFileSync(FOLDER + name);
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};
const lines = <T>(name: string): T[] =>
  text(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

export function recordedMessages(): readonly RecordedMessage[] {
  return lines<{ topic: string; data: string }>('gossip.jsonl.gz').map(({ topic, data }) => ({
    topic,
    data: Buffer.from(data, 'base64'),
  }));
}

export function recordedAnswers(): readonly RecordedAnswer[] {
  return lines<{ request: number; response: string }>('req-resp.jsonl.gz').map(
    ({ request, response }) => ({
      number: BigInt(request),
      answer: Buffer.from(response, 'base64'),
    }),
  );
}

/** Hash of each block by number. */
export function recordedHashes(): ReadonlyMap<bigint, Hash> {
  const blocks = JSON.parse(text('hashes.json')) as { number: number; hash: Hash }[];
  return new Map(blocks.map(({ number, hash }) => [BigInt(number), hash]));
}

export function recordedRollup(): RollupConfig {
  return parseRollupConfig(text('rollup.json'));
}

/** Who signed the messages. */
export function recordedSigner(): Address {
  return (JSON.parse(text('about.json')) as { signer: Address }).signer.toLowerCase() as Address;
}
