import fc from 'fast-check';
import { converse } from './conversation.js';
import { differenceKind } from './differenceKind.js';
import { type Both, documentedOf } from './documented.js';
import type { FuzzCase } from './httpRequests.js';
import { neutralAnswers, versionTexts } from './neutralAnswers.js';
import { fuzzCases } from './rawChanges.js';

/** Silence after which a server is taken to wait for more. */
const QUIET_MS = 300;
/** The same where two servers seem to differ: a busy machine is no difference. */
const SURE_QUIET_MS = 2_000;
/** Requests that are made, and held against each other, before what differs is made smaller. */
const BATCH = 1_000;
/** Requests that are spent on making one reproducer smaller. */
const MAX_SHRINKS = 300;
/** Kinds of differences that are made smaller; further ones are counted. */
const MAX_KINDS = 50;

export interface FuzzRun {
  /** The node that is right. */
  readonly reference: string;
  readonly url: string;
  /** Requests, without those for making reproducers smaller; one of several on a connection is not counted apart. */
  readonly count: number;
  /** Any 32-bit number: the same one makes the same requests. */
  readonly seed: number;
  /** Connections to each node at a time. */
  readonly connections: number;
  readonly say: (line: string) => void;
}

/** One kind of difference. */
export interface FoundKind {
  readonly kind: string;
  count: number;
  /** The smallest request found, and both answers to it; null where the kind is only counted. */
  smallest: { readonly sent: FuzzCase; readonly answers: Both } | null;
}

export interface FuzzOutcome {
  /** Connections made to each node, those for making reproducers smaller too. */
  readonly sent: number;
  readonly kinds: readonly FoundKind[];
  readonly documented: ReadonlyMap<string, number>;
}

/** Sends the same bytes to both nodes again and again, and makes the first of each kind of difference small. */
export async function runFuzz(run: FuzzRun): Promise<FuzzOutcome> {
  const versions = await Promise.all([versionTexts(run.reference), versionTexts(run.url)]);
  const fuzzer = new Fuzzer(run, async (sent, quietMs) => {
    const [want, got] = await converse([run.reference, run.url], sent, quietMs);
    return [neutralAnswers(want, versions[0]), neutralAnswers(got, versions[1])];
  });
  return fuzzer.run();
}

type Ask = (sent: FuzzCase, quietMs: number) => Promise<Both>;

class Fuzzer {
  private readonly options: FuzzRun;
  private readonly ask: Ask;
  private readonly kinds = new Map<string, FoundKind>();
  private readonly documented = new Map<string, number>();
  private sent = 0;

  constructor(options: FuzzRun, ask: Ask) {
    this.options = options;
    this.ask = async (sent, quietMs) => {
      this.sent += 1;
      return ask(sent, quietMs);
    };
  }

  async run(): Promise<FuzzOutcome> {
    const { count, seed, say } = this.options;
    for (let done = 0, batch = 0; done < count; done += BATCH, batch++) {
      await this.runBatch((seed + batch) | 0, Math.min(BATCH, count - done));
      const met = Math.min(count, done + BATCH);
      if (met % (10 * BATCH) === 0) say(`${met} requests, ${this.kinds.size} kinds of differences`);
    }
    const { sent, documented } = this;
    return { sent, documented, kinds: [...this.kinds.values()] };
  }

  /** What is new among the differences is made smaller only behind the batch: in the order of the requests, not of the answers. */
  private async runBatch(seed: number, count: number): Promise<void> {
    const cases = fc.sample(fuzzCases, { seed, numRuns: count });
    const kinds = await this.inTurns(cases, (sent) => this.kindOf(sent));
    const found: { readonly path: number; readonly entry: FoundKind }[] = [];
    for (const [path, kind] of kinds.entries()) {
      if (kind === null) continue;
      const known = this.kinds.get(kind);
      const entry = known ?? { kind, count: 0, smallest: null };
      entry.count += 1;
      this.kinds.set(kind, entry);
      if (known === undefined && this.kinds.size <= MAX_KINDS) found.push({ path, entry });
    }
    await this.inTurns(found, ({ path, entry }) => this.shrink(seed, path, entry));
  }

  /** The undocumented kind of difference that a request makes; null where there is none, or not again. */
  private async kindOf(sent: FuzzCase): Promise<string | null> {
    for (const quietMs of [QUIET_MS, SURE_QUIET_MS]) {
      const answers = await this.ask(sent, quietMs);
      const kind = differenceKind(...answers);
      if (kind === null) return null;
      const documented = documentedOf(sent, answers);
      if (documented !== null) {
        this.documented.set(documented, (this.documented.get(documented) ?? 0) + 1);
        return null;
      }
      if (quietMs === SURE_QUIET_MS) return kind;
    }
    return null;
  }

  /** Makes the request at this place of a seed's requests smaller, as long as the nodes differ in the same way. */
  private async shrink(seed: number, path: number, entry: FoundKind): Promise<void> {
    let left = MAX_SHRINKS;
    const isSame = async (sent: FuzzCase): Promise<boolean> => {
      left -= 1;
      if (left < 0) return true;
      const answers = await this.ask(sent, QUIET_MS);
      if (differenceKind(...answers) !== entry.kind) return true;
      if (documentedOf(sent, answers) !== null) return true;
      entry.smallest = { sent, answers };
      return false;
    };
    const property = fc.asyncProperty(fuzzCases, isSame);
    await fc.check(property, { seed, path: String(path), numRuns: 1 });
  }

  /** Works through a list, as many at a time as there are connections. Results in the order of the list. */
  private async inTurns<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const items = list.entries();
    const worker = async (): Promise<void> => {
      for (const [i, item] of items) results[i] = await work(item);
    };
    await Promise.all(Array.from({ length: this.options.connections }, worker));
    return results;
  }
}
