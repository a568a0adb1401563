import type { Hex } from 'viem';
import { outcomeOfShared } from '../../runtime/abort.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Commitment, CommitmentKind } from '../altda/commitment.js';
import type { DaSource } from '../altda/ports.js';

/** Anybody may write commitments to the batch inbox: of one L1 block, no more than these are asked for. */
const MAX_PER_BLOCK = 256;

export interface InputsAheadOptions {
  readonly kind: CommitmentKind;
  /** Bytes held from which on nothing more is asked for; what is under way then is kept as well. */
  readonly maxBytes: number;
}

/** The DA server, asked for now or for later. */
export interface DaServer {
  input(encoded: Hex, signal: AbortSignal): Promise<Uint8Array | null>;
  /** @param isWanted asked when its turn comes. @returns null where it is not, or cannot be had now. */
  inputAhead(
    encoded: Hex,
    isWanted: () => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array | null>;
}

interface Held {
  readonly block: bigint;
  readonly input: Uint8Array;
}

/**
 * Inputs of commitments in L1 blocks that are read ahead, held until derivation asks for them or has gone past. Nothing
 * of L1 waits for them, and where one is not there it is asked for then. What is handed out is not kept: whoever finds
 * it wrong gets another answer of the server.
 */
export class InputsAhead implements DaSource {
  private readonly held = new Map<Hex, Held>();
  private readonly underway = new Map<Hex, Promise<Uint8Array | null>>();
  private bytes = 0;
  /** Nothing before it is wanted. */
  private from = 0n;

  constructor(
    private readonly options: InputsAheadOptions,
    private readonly deps: { readonly server: DaServer },
  ) {}

  async input(
    { encoded }: Commitment,
    _: L1BlockRef,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    const underway = this.underway.get(encoded);
    if (underway !== undefined) await outcomeOfShared(underway, signal);
    return this.take(encoded) ?? this.deps.server.input(encoded, signal);
  }

  /** These commitments are in that L1 block: asks for their inputs, without waiting. */
  expect(block: bigint, commitments: readonly Commitment[], signal: AbortSignal): void {
    const wanted = commitments.filter(({ kind }) => kind === this.options.kind);
    for (const { encoded } of wanted.slice(0, MAX_PER_BLOCK)) {
      if (this.held.has(encoded) || this.underway.has(encoded)) continue;
      const asking = this.ask(encoded, block, signal);
      this.underway.set(encoded, asking);
      // It is asked for again when it is needed, and fails there.
      asking.catch(() => undefined).finally(() => this.underway.delete(encoded));
    }
  }

  /** Derivation is at that L1 block. */
  forgetBefore(number: bigint): void {
    this.from = number;
    for (const [encoded, { block }] of this.held) {
      if (block < number) this.take(encoded);
    }
  }

  private async ask(encoded: Hex, block: bigint, signal: AbortSignal): Promise<Uint8Array | null> {
    const isWanted = (): boolean => block >= this.from && this.bytes < this.options.maxBytes;
    const input = await this.deps.server.inputAhead(encoded, isWanted, signal);
    if (input === null || block < this.from) return null;
    this.held.set(encoded, { block, input });
    this.bytes += input.length;
    return input;
  }

  private take(encoded: Hex): Uint8Array | null {
    const held = this.held.get(encoded);
    if (held === undefined) return null;
    this.held.delete(encoded);
    this.bytes -= held.input.length;
    return held.input;
  }
}
