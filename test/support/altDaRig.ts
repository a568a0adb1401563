import { AltDa } from '../../src/derive/altda/altDa.js';
import { AltDaSource } from '../../src/derive/altda/altDaSource.js';
import { CHALLENGE_STATUS_CHANGED } from '../../src/derive/altda/challengeEvents.js';
import type { Commitment } from '../../src/derive/altda/commitment.js';
import { decodeCommitment } from '../../src/derive/altda/commitment.js';
import type { ChallengeL1, DaSource } from '../../src/derive/altda/ports.js';
import type { DataProvider } from '../../src/derive/stages/frameQueue.js';
import type { Pull } from '../../src/derive/stages/pull.js';
import { hasCode } from '../../src/errors/nodeError.js';
import { bytesToHex, hexToBytes } from '../../src/rollup/bytes.js';
import { keccak } from '../../src/rollup/keccak.js';
import { encodeRlpList, encodeRlpString } from '../../src/rollup/rlp.js';
import type { AltDaConfig } from '../../src/rollup/rollupConfig.js';
import type { Address, Hash, L1BlockRef } from '../../src/types/block.js';
import type { L1Receipt } from '../../src/types/l1Block.js';
import { deriveConfig, NEVER, numberedHash, RecordingObserver } from './deriveFakes.js';

export const CHALLENGE_CONTRACT: Address = `0x${'da'.repeat(20)}`;
const NO_BYTES = new Uint8Array(0);

/** Windows of 10 and 5 L1 blocks, and keccak commitments, unless said otherwise. */
export function altDaConfig(changes: Partial<AltDaConfig> = {}): AltDaConfig {
  return {
    daChallengeAddress: CHALLENGE_CONTRACT,
    daCommitmentType: 'KeccakCommitment',
    daChallengeWindow: 10n,
    daResolveWindow: 5n,
    ...changes,
  };
}

/** An input that says its name, and the commitment to it. */
export function inputNamed(name: string): Uint8Array {
  return new TextEncoder().encode(`input ${name}`);
}

export function keccakCommitment(input: Uint8Array): Commitment {
  return decoded(Uint8Array.of(0, ...keccak(input)));
}

export function genericCommitment(text: string): Commitment {
  return decoded(Uint8Array.of(1, ...new TextEncoder().encode(text)));
}

function decoded(bytes: Uint8Array): Commitment {
  const commitment = decodeCommitment(bytes);
  if (commitment === null) throw new Error('no commitment');
  return commitment;
}

/** Batcher data with a commitment. */
export function commitmentData({ encoded }: Commitment): Uint8Array {
  return Uint8Array.of(1, ...bytesOf(encoded));
}

export function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex) ?? NO_BYTES;
}

/** ABI-encoded `bytes` arguments behind head words: numbers stand as they are, bytes as offsets. */
export function abiEncode(args: readonly (number | bigint | Uint8Array)[]): Uint8Array {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = args.length * 32;
  for (const arg of args) {
    if (!(arg instanceof Uint8Array)) {
      heads.push(word(arg));
      continue;
    }
    heads.push(word(offset));
    const tail = [word(arg.length), arg, new Uint8Array((32 - (arg.length % 32)) % 32)];
    tails.push(...tail);
    offset += tail.reduce((sum, part) => sum + part.length, 0);
  }
  return Uint8Array.from(Buffer.concat([...heads, ...tails]));
}

function word(value: number | bigint): Uint8Array {
  return bytesOf(`0x${value.toString(16).padStart(64, '0')}`);
}

/** Calldata of `resolve`. */
export function resolveCalldata(
  commitment: Commitment,
  committedAt: number,
  input: Uint8Array,
): Uint8Array {
  const args = abiEncode([committedAt, bytesOf(commitment.encoded), input]);
  return Uint8Array.of(0x12, 0x34, 0x56, 0x78, ...args);
}

/** An unsigned legacy transaction: nothing looks at who sent it. */
export function legacyTx(data: Uint8Array): Uint8Array {
  const fields = [NO_BYTES, NO_BYTES, NO_BYTES, NO_BYTES, NO_BYTES, data, NO_BYTES];
  return encodeRlpList([...fields, NO_BYTES, NO_BYTES].map(encodeRlpString));
}

interface Entry {
  readonly receipt: L1Receipt;
  readonly tx: Uint8Array;
}

export interface Event {
  readonly status: number;
  readonly commitment: Commitment;
  readonly committedAt: number;
  readonly calldata?: Uint8Array;
  readonly isSuccess?: boolean;
}

/** An L1 of numbered blocks with the contract's events; blocks from a height on may be of another branch. */
export class FakeChallengeL1 implements ChallengeL1 {
  head = 0;
  /** Letter of the branch by the height it begins at; the highest at or below a height counts. */
  readonly branches = new Map<number, string>([[0, 'a']]);
  /** By the count of what was asked before: throws, or answers null. */
  readonly faults = new Map<number, Error | null>();
  readonly asked: string[] = [];
  private readonly entries = new Map<Hash, Entry[]>();

  block(number: number): L1BlockRef {
    return {
      hash: this.hashOf(number),
      number: BigInt(number),
      parentHash: this.hashOf(number - 1),
      timestamp: 1000n + BigInt(number) * 12n,
    };
  }

  /** An event in a transaction of its own, in the block of that height as it is now. */
  emit(number: number, event: Event): void {
    const { status, commitment, committedAt, calldata = NO_BYTES, isSuccess = true } = event;
    this.add(number, legacyTx(calldata), {
      isSuccess,
      logs: [
        {
          address: CHALLENGE_CONTRACT,
          topics: [CHALLENGE_STATUS_CHANGED, bytesToHex(word(committedAt))],
          data: bytesToHex(abiEncode([bytesOf(commitment.encoded), status])),
          blockHash: this.hashOf(number),
          logIndex: 0n,
        },
      ],
    });
  }

  challenge(number: number, commitment: Commitment, committedAt: number): void {
    this.emit(number, { status: 1, commitment, committedAt });
  }

  resolve(number: number, commitment: Commitment, committedAt: number, input: Uint8Array): void {
    const calldata = resolveCalldata(commitment, committedAt, input);
    this.emit(number, { status: 2, commitment, committedAt, calldata });
  }

  add(number: number, tx: Uint8Array, receipt: L1Receipt): void {
    const hash = this.hashOf(number);
    this.entries.set(hash, [...(this.entries.get(hash) ?? []), { tx, receipt }]);
  }

  async l1BlockRefByNumber(number: bigint): Promise<L1BlockRef | null> {
    const fault = this.next(`number ${number}`);
    return fault !== undefined || number > BigInt(this.head) ? null : this.block(Number(number));
  }

  async l1ReceiptsByHash(hash: Hash): Promise<readonly L1Receipt[] | null> {
    const fault = this.next(`receipts ${BigInt(`0x${hash.slice(3)}`)}`);
    return fault !== undefined ? null : (this.entries.get(hash) ?? []).map((e) => e.receipt);
  }

  async l1TransactionsAt(
    hash: Hash,
    places: readonly number[],
  ): Promise<readonly Uint8Array[] | null> {
    const fault = this.next(`transactions ${BigInt(`0x${hash.slice(3)}`)}`);
    if (fault !== undefined) return null;
    const entries = this.entries.get(hash) ?? [];
    return places.map((place) => entries[place]?.tx ?? NO_BYTES);
  }

  private hashOf(number: number): Hash {
    const at = [...this.branches.keys()].filter((height) => height <= number);
    return numberedHash(Math.max(number, 0), this.branches.get(Math.max(0, ...at)) ?? 'a');
  }

  private next(what: string): null | undefined {
    const fault = this.faults.get(this.asked.length);
    this.asked.push(what);
    if (fault instanceof Error) throw fault;
    return fault;
  }
}

/** Answers with what it holds, or as it is told to fail. */
export class FakeDaServer implements DaSource {
  readonly inputs = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  failure: Error | null = null;

  hold(input: Uint8Array, commitment = keccakCommitment(input)): Commitment {
    this.inputs.set(commitment.encoded, input);
    return commitment;
  }

  async input({ encoded }: Commitment): Promise<Uint8Array | null> {
    this.asked.push(encoded);
    if (this.failure !== null) throw this.failure;
    return this.inputs.get(encoded) ?? null;
  }
}

/** The batcher's data of each L1 block, and the block that derivation stands at. */
class FakeData implements DataProvider {
  origin: L1BlockRef;
  left: Uint8Array[] = [];

  constructor(origin: L1BlockRef) {
    this.origin = origin;
  }

  async nextData(): Promise<Pull<Uint8Array>> {
    return this.left.shift() ?? 'outOfData';
  }
}

export interface AltDaRigOptions {
  readonly altDa?: AltDaConfig;
  readonly verifyOnRead?: boolean;
  readonly hasServer?: boolean;
  readonly endpoint?: string;
  /** L1 block that derivation starts at, and starts over at. */
  readonly base?: number;
}

/** The stage between an L1 and a server that the test moves, driven as the pipeline drives it. */
export class AltDaRig {
  readonly l1 = new FakeChallengeL1();
  readonly server = new FakeDaServer();
  readonly observer = new RecordingObserver();
  readonly heads: string[] = [];
  readonly counts = { active: 0, resolved: 0, expired: 0 };
  readonly altDa: AltDa;
  readonly source: AltDaSource;
  /** What came out since the last start, by the L1 block that it came from. */
  readonly outputs: { readonly block: number; readonly text: string }[] = [];
  resets = 0;
  base: number;
  private readonly data: FakeData;
  private readonly batches = new Map<number, Uint8Array[]>();

  constructor(options: AltDaRigOptions = {}) {
    const { altDa = altDaConfig(), verifyOnRead = true, hasServer = true, base = 1 } = options;
    const { endpoint = null } = options;
    this.base = base;
    this.l1.head = base;
    this.data = new FakeData(this.l1.block(base));
    this.altDa = new AltDa(
      { config: deriveConfig(), altDa, verifyOnRead, endpoint },
      {
        l1: this.l1,
        server: hasServer ? this.server : null,
        observer: this.observer,
        recorder: {
          readTo: (number) => this.heads.push(`latest ${number}`),
          finalTo: (number) => this.heads.push(`finalized ${number}`),
          counted: (status, count) => {
            this.counts[status] += count;
          },
        },
      },
    );
    this.source = new AltDaSource(this.data, this.altDa);
    this.restart();
  }

  /** The batcher puts this into an L1 block. */
  batch(number: number, ...data: readonly Uint8Array[]): void {
    this.batches.set(number, [...(this.batches.get(number) ?? []), ...data]);
  }

  /** The batcher commits to an input there, and the server has it. */
  commit(number: number, name: string): Commitment {
    const commitment = this.server.hold(inputNamed(name));
    this.batch(number, commitmentData(commitment));
    return commitment;
  }

  /** As after a reset of the pipeline. */
  restart(): void {
    this.source.reset();
    this.outputs.length = 0;
    this.stand(this.base);
  }

  /** Where derivation stands. */
  get at(): number {
    return Number(this.data.origin.number);
  }

  /** Goes on until all of L1 is read, with L1 up to `head`; starts over on each reset. @throws temporary failures. */
  async run(head = this.l1.head): Promise<string[]> {
    this.l1.head = head;
    for (;;) {
      try {
        if (await this.step()) return this.texts;
      } catch (thrown) {
        if (!hasCode(thrown, 'DERIVE_DA_CHALLENGE_EXPIRED', 'DERIVE_L1_REORG')) throw thrown;
        this.resets += 1;
        this.restart();
      }
    }
  }

  get texts(): string[] {
    return this.outputs.map(({ text }) => text);
  }

  /** @returns true when L1 has no more. */
  async step(): Promise<boolean> {
    const pulled = await this.source.nextData(NEVER);
    if (pulled === 'again') return false;
    if (pulled !== 'outOfData') {
      const text = new TextDecoder().decode(pulled).replace(/^input /, '');
      this.outputs.push({ block: this.at, text });
      return false;
    }
    if (this.at >= this.l1.head) return true;
    this.stand(this.at + 1);
    return false;
  }

  private stand(number: number): void {
    this.data.origin = this.l1.block(number);
    this.data.left = [...(this.batches.get(number) ?? [])];
  }
}
