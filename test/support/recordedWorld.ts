import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** A JSON object of a recording, undecoded. */
export type Json = Readonly<Record<string, unknown>>;

/** One L1 block of a recording with what belongs to it. */
export interface RecordedL1Block {
  readonly block: Json & { readonly hash: `0x${string}`; readonly transactions: readonly Json[] };
  readonly receipts: readonly Json[];
  /** `eth_getProof` of the SystemConfig's signer slot. */
  readonly proof: Json;
  readonly blobs?: readonly { readonly versioned_hash: `0x${string}`; readonly blob: string }[];
}

const WORLDS = new URL('../../conformance/worlds/', import.meta.url);

/** Parses a JSON file of a recorded world. */
export function readWorldJson(world: string, file: string): Json {
  return JSON.parse(readFileSync(worldPath(world, file), 'utf8')) as Json;
}

/** Parses a gzipped JSON-lines file of a recorded world, in order. */
export function readWorldLines(world: string, file: string): readonly Json[] {
  const text = gunzipSync(readFileSync(worldPath(world, file))).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
}

/** The recorded L1, by block number. */
export function readWorldL1(world: string): readonly RecordedL1Block[] {
  return readWorldLines(world, 'l1.jsonl.gz') as unknown as readonly RecordedL1Block[];
}

/** Path of a file of a recorded world. */
export function worldPath(world: string, file: string): string {
  return fileURLToPath(new URL(`${world}/${file}`, WORLDS));
}
