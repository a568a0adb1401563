import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Hex } from 'viem';
import { peerAddress, peerFlags } from '../../devnet/live/peering.js';
import { metricKey, scrape } from '../../devnet/metricsText.js';
import type { RunningNode } from '../../devnet/nodeProcess.js';
import { RawPeer, type RawPeerOptions } from '../../devnet/rawPeer.js';
import { waitFor } from '../../devnet/waitFor.js';
import { encodeEnvelope } from '../../src/p2p/codec/envelopeSsz.js';
import { compressBlock } from '../../src/p2p/codec/snappyBlock.js';
import { payloadHash, signingHash } from '../../src/p2p/gossip/signingHash.js';
import { addressOfPrivateKey, signHash } from '../../src/p2p/signer/signature.js';
import { computePayloadBlockHash } from '../../src/rollup/blockHash.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { whole } from '../../src/rollup/slices.js';
import { encodeRpcTransactionBytes } from '../../src/rollup/txCodec.js';
import type { Address, Hash } from '../../src/types/block.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import { RestartRig } from '../restart/restartRig.js';

/** A usual transaction's size: as many of them as fit make a block. */
const TRANSACTION_BYTES = 400;
const REACH_MS = 60_000;
const JOINED = metricKey('op_node_default_p2p_gossip_events_total', { type: 'JOIN' });
const ZERO: Hash = `0x${'0'.repeat(64)}`;

const NOBODY: Address = `0x${'0'.repeat(40)}`;
const NO_LOGS: Hex = `0x${'0'.repeat(512)}`;

const NO_DATA: Hex = '0x';

/** A block as it is gossiped. */
export interface GossipedBlock {
  readonly hash: string;
  readonly message: Uint8Array;
}

/**
 * A verifier at the head of a made-up chain, with an engine that finds every payload right, and peers whose messages are
 * written by hand. The sequencer's key is the rig's.
 */
export class GossipRig {
  private readonly key = randomBytes(32);
  private readonly peers: RawPeer[] = [];
  private readonly payloads = new Map<string, number>();
  private head: { readonly hash: Hash; readonly number: number } = { hash: ZERO, number: 0 };
  private address = '';
  private strangers = 0;
  private running: RunningNode | null = null;

  private constructor(private readonly rig: RestartRig) {}

  static async open(command: readonly string[]): Promise<GossipRig> {
    const known: { rig?: GossipRig } = {};
    const restart = await RestartRig.open(0, {
      l1: { eth_getStorageAt: () => known.rig?.signer },
      l2: {
        engine_newPayloadV3: ([payload]) => known.rig?.take((payload as Payload).blockHash),
        engine_forkchoiceUpdatedV3: ([state]) => ({
          payloadStatus: valid((state as { readonly headBlockHash: string }).headBlockHash),
          payloadId: null,
        }),
      },
    });
    const rig = new GossipRig(restart);
    known.rig = rig;
    const { chain } = restart;
    rig.head = { hash: chain.l2Ref(chain.l2Head).hash as Hash, number: chain.l2Head };
    await rig.start(command);
    return rig;
  }

  get node(): RunningNode {
    if (this.running === null) throw new Error('no node was started');
    return this.running;
  }

  get topic(): string {
    return `/optimism/${this.rig.rollup.l2_chain_id}/2/blocks`;
  }

  /** A peer more. @throws when the node does not let it in. */
  peer(): Promise<RawPeer> {
    return this.connect({});
  }

  /**
   * A peer that means harm, from an address that nobody has had: all names of an address, also those that were let go, count
   * against whoever calls from there, so that ten strangers would cost the sequencer its place. @throws when it is not let in.
   */
  stranger(): Promise<RawPeer> {
    const at = this.strangers++;
    return this.connect({ localAddress: `127.0.${1 + Math.floor(at / 250)}.${1 + (at % 250)}` });
  }

  /** A peer more, which wants the blocks and reads them. @throws when the node does not let it in. */
  async reader(): Promise<RawPeer> {
    const peer = await this.connect({ isReading: true });
    await peer.say({ subscribe: [this.topic] });
    return peer;
  }

  /** The next block of the chain, with transactions of so many bytes together. */
  nextBlock(bytes: number): GossipedBlock {
    const envelope = this.envelope(bytes);
    const { blockHash, blockNumber } = envelope.executionPayload;
    this.head = { hash: blockHash, number: Number(blockNumber) };
    return { hash: blockHash, message: signed(encodeEnvelope(envelope), this.key, this.chainId) };
  }

  /** Bytes that are no block, signed by nobody who may. */
  strangersMessage(bytes: number): Uint8Array {
    return signed(randomBytes(bytes), randomBytes(32), this.chainId);
  }

  /** When the engine had the block, in milliseconds of `performance.now()`. */
  arrival(hash: string): Promise<number> {
    return waitFor(() => this.payloads.get(hash), {
      ...{ what: 'the block at the engine', timeoutMs: REACH_MS, pollMs: 2 },
      failIf: () => this.node.process.failure(),
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.peers.map((peer) => peer.stop()));
    await this.rig.close();
  }

  private get chainId(): bigint {
    return BigInt(this.rig.rollup.l2_chain_id);
  }

  private get signer(): string {
    const address = addressOfPrivateKey(this.key) ?? '';
    return `0x${address.slice(2).padStart(64, '0')}`;
  }

  private async connect(options: Omit<RawPeerOptions, 'privateKey'>): Promise<RawPeer> {
    const key = { privateKey: randomBytes(32), ...options };
    const peer = await RawPeer.connect(this.address, key);
    this.peers.push(peer);
    return peer;
  }

  private async start(command: readonly string[]): Promise<void> {
    const flags = ['--l2.enginekind=geth', '--l1.trustrpc', ...peerFlags(this.rig.folder, 'node')];
    this.running = await this.rig.node(command, flags);
    this.address = await peerAddress({ node: this.running });
    await this.joined();
  }

  /** Resolves when the node takes blocks: it has read from L1 who may sign them, and joined their topics. */
  private async joined(): Promise<void> {
    const { metricsUrl, process } = this.node;
    await waitFor(async () => (await scrape(metricsUrl)).get(JOINED) || undefined, {
      ...{ what: 'the topics to be joined', timeoutMs: REACH_MS },
      failIf: () => process.failure(),
    });
  }

  private take(hash: string): unknown {
    if (!this.payloads.has(hash)) this.payloads.set(hash, performance.now());
    return valid(hash);
  }

  private envelope(bytes: number): ExecutionPayloadEnvelope {
    const { chain } = this.rig;
    const [info] = chain.l2Block(chain.l2Head, true)?.transactions ?? [];
    const transactions = [encodeRpcTransactionBytes(info as never)];
    for (let left = bytes; left > 0; left -= TRANSACTION_BYTES) {
      transactions.push(Buffer.concat([Buffer.of(2), randomBytes(TRANSACTION_BYTES - 1)]));
    }
    const payload: ExecutionPayload = {
      ...{ parentHash: this.head.hash, blockNumber: BigInt(this.head.number + 1) },
      timestamp: BigInt(Math.floor(Date.now() / 1000)),
      ...{ feeRecipient: NOBODY, stateRoot: ZERO, receiptsRoot: ZERO },
      ...{ logsBloom: NO_LOGS, prevRandao: ZERO, extraData: NO_DATA },
      ...{ gasLimit: 30_000_000n, gasUsed: 21_000n, baseFeePerGas: 7n, blockHash: ZERO },
      ...{ withdrawals: [], blobGasUsed: 0n, excessBlobGas: 0n },
      transactions: transactions.map(bytesToHex),
    };
    const envelope = { parentBeaconBlockRoot: ZERO, executionPayload: payload };
    const blockHash = computePayloadBlockHash(envelope);
    return { ...envelope, executionPayload: { ...payload, blockHash } };
  }
}

interface Payload {
  readonly blockHash: string;
}

function valid(hash: string) {
  return { status: 'VALID', latestValidHash: hash, validationError: null };
}

function signed(body: Uint8Array, key: Uint8Array, chainId: bigint): Uint8Array {
  const signature = signHash(signingHash(chainId, whole(payloadHash(body))), key);
  return compressBlock(Buffer.concat([signature, body]));
}
