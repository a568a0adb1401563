import { hasCode } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Turn } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import type { Clock } from '../../runtime/clock.js';
import type { ExecutionPayload } from '../../types/payload.js';
import type { BlockVersion } from '../codec/blockVersion.js';
import { hasBeaconRoot } from '../codec/blockVersion.js';
import type { RawEnvelope } from '../codec/envelopeSsz.js';
import { envelopeHash, readEnvelope, receivedBlock } from '../codec/envelopeSsz.js';
import { malformed } from '../codec/malformed.js';
import { claimedLength } from '../codec/snappyBlock.js';
import { recoverSigner, SIGNATURE_BYTES } from '../signer/signature.js';
import { takeMessage } from './openedMessage.js';
import { SeenBlocks } from './seenBlocks.js';
import { payloadHash, signingHash } from './signingHash.js';
import type { SignerAuthority } from './unsafeSigner.js';
import type { BlockVerdict } from './verdict.js';
import { ignore, reject } from './verdict.js';

export interface BlockValidatorOptions {
  /** Of the topic. */
  readonly version: BlockVersion;
  readonly config: Pick<RollupConfig, 'l2ChainId' | 'forks'>;
  /** `--p2p.gossip.timestamp.threshold`: how old a block may be. */
  readonly maxAgeMs: number;
}

export interface BlockValidatorDeps {
  readonly clock: Clock;
  readonly signer: SignerAuthority;
  /** Between two slices of a large block's hash: `nextTurn` of `runtime/turns`. */
  readonly turn: Turn;
}

/** A signature and a byte. */
const MIN_MESSAGE_BYTES = SIGNATURE_BYTES + 1;
/** How far ahead of our clock a block may be; seconds. */
const MAX_AHEAD_S = 5n;

/**
 * Judges the messages of one topic: cheapest first, and nothing is read of a message before the sequencer's signature on it
 * has been seen, so that strangers cost a decompression and a signature each.
 * Spec: specs `protocol/rollup-node-p2p.md`, "Block validation"; op-node `op-node/p2p/gossip.go` BuildBlocksValidator.
 */
export class BlockValidator {
  private readonly seen = new SeenBlocks();

  constructor(
    private readonly options: BlockValidatorOptions,
    private readonly deps: BlockValidatorDeps,
  ) {}

  /**
   * @param data the message as it came, compressed.
   * @returns never rejects but with ABORTED when the signal fires.
   */
  async validate(data: Uint8Array, signal: AbortSignal): Promise<BlockVerdict> {
    let message: Uint8Array | null = null;
    try {
      message = openMessage(data);
      return (
        (await this.judgeSigner(message, signal)) ?? (await this.judgeBody(bodyOf(message), signal))
      );
    } catch (thrown) {
      if (!hasCode(thrown, 'P2P_MALFORMED')) throw thrown;
      return reject(thrown.message, message === null ? 'garbage' : undefined);
    }
  }

  /** @returns null when the signer may sign. */
  private async judgeSigner(
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<BlockVerdict | null> {
    const { signer, turn } = this.deps;
    if (!signer.isKnown) return ignore('no signer is known yet');
    const hashed = await inTurns(payloadHash(bodyOf(message)), turn, signal);
    const hash = signingHash(this.options.config.l2ChainId, hashed);
    const address = recoverSigner(hash, message.subarray(0, SIGNATURE_BYTES));
    if (address === null) return reject('signature is malformed', 'garbage');
    return signer.accept(address) ? null : reject('signed by somebody else', 'stranger');
  }

  private async judgeBody(body: Uint8Array, signal: AbortSignal): Promise<BlockVerdict> {
    const { version } = this.options;
    const envelope = readEnvelope(version, body);
    const { fields } = envelope.payload;
    const untimely = this.untimely(fields.timestamp);
    if (untimely !== null) return reject(untimely);
    const hash = await inTurns(envelopeHash(envelope), this.deps.turn, signal);
    if (hash !== fields.blockHash) return reject('block hash is wrong');
    const unfit = this.unfit(envelope);
    if (unfit !== null) return reject(unfit);
    switch (this.seen.see(fields.blockNumber, hash)) {
      case 'full':
        return reject('too many blocks of this height');
      case 'seen':
        return ignore('block is known');
      case 'new':
        return { kind: 'accept', block: receivedBlock(version, body, envelope) };
    }
  }

  /** What is wrong with the time of a block, if anything. Our time is in whole seconds. */
  private untimely(timestamp: bigint): string | null {
    const now = BigInt(Math.floor(this.deps.clock.nowMs() / 1000));
    const maxAge = BigInt(Math.floor(this.options.maxAgeMs / 1000));
    if (timestamp < now - maxAge) return 'block is too old';
    return timestamp > now + MAX_AHEAD_S ? 'block is from the future' : null;
  }

  /** What a block has that those of its topic do not have, or lacks that they have; null when nothing. */
  private unfit({ payload: { fields }, parentBeaconBlockRoot }: RawEnvelope): string | null {
    const { version } = this.options;
    return (
      unfitWithdrawals(version, fields) ??
      this.unfitBlobGas(fields) ??
      (hasBeaconRoot(version) && parentBeaconBlockRoot === undefined
        ? 'parent beacon block root is missing'
        : null) ??
      (version >= 4 && fields.withdrawalsRoot === undefined ? 'withdrawals root is missing' : null)
    );
  }

  private unfitBlobGas({ timestamp, blobGasUsed, excessBlobGas }: PayloadFields): string | null {
    const { version, config } = this.options;
    if (version < 3) {
      return blobGasUsed === undefined && excessBlobGas === undefined ? null : 'has blob gas';
    }
    // From Jovian on the field tells the footprint of a block's data.
    const isAnyUsed = isActive(config, 'jovian', timestamp);
    if (blobGasUsed === undefined || (!isAnyUsed && blobGasUsed !== 0n))
      return 'blob gas used is wrong';
    return excessBlobGas === 0n ? null : 'excess blob gas is wrong';
  }
}

type PayloadFields = Omit<ExecutionPayload, 'transactions'>;

function unfitWithdrawals(version: BlockVersion, { withdrawals }: PayloadFields): string | null {
  if (version < 2) return withdrawals === undefined ? null : 'has withdrawals';
  if (withdrawals === undefined) return 'withdrawals are missing';
  return withdrawals.length === 0 ? null : 'has withdrawals';
}

/** Decompresses a message of a length that can be one. @throws NodeError P2P_MALFORMED. */
function openMessage(data: Uint8Array): Uint8Array {
  const claimed = claimedLength(data);
  if (claimed !== null && claimed.length < MIN_MESSAGE_BYTES) {
    throw malformed('message is too short', { length: claimed.length });
  }
  return takeMessage(data);
}

function bodyOf(message: Uint8Array): Uint8Array {
  return message.subarray(SIGNATURE_BYTES);
}
