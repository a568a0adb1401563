import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SetupError } from '../devnet/setupError.js';
import type {
  BlockJson,
  DaInputJson,
  DerivedEntry,
  ForkState,
  GoldenLine,
  L1Entry,
  OutputJson,
  RollupJson,
  SafeHeadEntry,
  SyncStatusJson,
  WorldFacts,
} from './recorded.js';

/** Reads a recorded world folder. Files are read when asked for and kept. */
export class World {
  readonly dir: string;
  readonly name: string;
  readonly #kept = new Map<string, unknown>();

  /** @throws SetupError when the folder is no world. */
  constructor(dir: string) {
    this.dir = resolve(dir);
    this.name = basename(this.dir);
    if (!existsSync(this.path('world.json'))) {
      throw new SetupError(`no world in ${this.dir}: it has no world.json`);
    }
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  get facts(): WorldFacts {
    return this.#json('world.json');
  }

  get rollup(): RollupJson {
    return this.#json('rollup.json');
  }

  /** The text of the dependency set's file; null where the chain has none. */
  get dependencySet(): string | null {
    const file = 'dependency-set.json';
    return existsSync(this.path(file)) ? this.#text(file) : null;
  }

  /** The recorded L1, by number. */
  get l1(): readonly L1Entry[] {
    return this.#lines('l1.jsonl.gz');
  }

  /** The blocks of an L1 reorg, lowest first. @throws SetupError when there is no such fork. */
  l1Fork(name: string): readonly L1Entry[] {
    const file = join('forks', `${name}.jsonl.gz`);
    if (!existsSync(this.path(file))) throw new SetupError(`${this.name} has no fork ${name}`);
    return this.#lines(file);
  }

  /** The sequencer's L2 blocks from genesis up, by number. */
  get l2(): readonly BlockJson[] {
    return this.#lines('l2-unsafe.jsonl.gz');
  }

  /** op-node's status at rest as a verifier: what a source serves. */
  get status(): SyncStatusJson {
    return this.#json('sync-status.json');
  }

  /** op-node's status at rest as a follower of that. */
  get followStatus(): SyncStatusJson {
    return this.#json('sync-status-follow.json');
  }

  get safeHeads(): readonly SafeHeadEntry[] {
    return this.#json('safe-heads.json');
  }

  /** The blocks that op-node built, in its order; lines of refused attributes have no hash. */
  get derived(): readonly DerivedEntry[] {
    return this.#lines('derived.jsonl.gz');
  }

  /** Output roots by L2 block; empty where none are recorded. */
  get outputs(): readonly OutputJson[] {
    const file = 'outputs.jsonl.gz';
    return existsSync(this.path(file)) ? this.#lines(file) : [];
  }

  /** Requests and op-node's answers as a verifier at rest; empty where none are recorded. */
  get golden(): readonly GoldenLine[] {
    const file = 'golden.jsonl';
    return existsSync(this.path(file)) ? this.#lines(file) : [];
  }

  /** Commitments on L1 and the inputs that the DA server had; empty where batches are on L1. */
  get daInputs(): readonly DaInputJson[] {
    const file = 'altda.jsonl.gz';
    return existsSync(this.path(file)) ? this.#lines(file) : [];
  }

  /** The kind of commitments; null where batches are on L1. */
  get commitmentKind(): 'keccak' | 'generic' | null {
    const { alt_da } = this.rollup;
    if (alt_da === undefined) return null;
    return alt_da.da_commitment_type === 'GenericCommitment' ? 'generic' : 'keccak';
  }

  /** op-node's answers at the base chain and after each recorded L1 reorg, in order. */
  get forkStates(): readonly ForkState[] {
    return this.#json(join('forks', 'states.json'));
  }

  get goldenFollow(): readonly GoldenLine[] {
    return this.#lines('golden-follow.jsonl');
  }

  #json<T>(file: string): T {
    return this.#keep(file, () => JSON.parse(this.#text(file)) as T);
  }

  #lines<T>(file: string): readonly T[] {
    return this.#keep(file, () =>
      this.#text(file)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as T),
    );
  }

  #text(file: string): string {
    const bytes = readFileSync(this.path(file));
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  }

  #keep<T>(key: string, read: () => T): T {
    if (!this.#kept.has(key)) this.#kept.set(key, read());
    return this.#kept.get(key) as T;
  }
}
