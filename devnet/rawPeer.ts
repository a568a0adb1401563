import '../src/p2p/host/withResolvers.js';
import { Buffer } from 'node:buffer';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Libp2p, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const GOSSIP = '/meshsub/1.1.0';
const IDENTIFY = '/ipfs/id/1.0.0';
const NO_SERVICES = {} as { identify: ReturnType<typeof identify> };
const CHUNK_BYTES = 64 * 1024;

export interface RawPeerOptions {
  /** 32 bytes: who it is. */
  readonly privateKey: Uint8Array;
  /** Bytes of what it says of itself when it is asked; it says the truth unless given. */
  readonly identifyBytes?: number;
  /** The address of this machine that it calls from; any unless given. */
  readonly localAddress?: string;
  /** It reads what others gossip to it, and lets it be. */
  readonly isReading?: boolean;
}

/** What a peer says in gossipsub's own words. */
export interface GossipRpc {
  readonly subscribe?: readonly string[];
  readonly messages?: readonly { readonly topic: string; readonly data: Uint8Array }[];
  readonly graft?: readonly string[];
  readonly prune?: readonly string[];
  /** Ids of messages that it pretends to have. */
  readonly ihave?: { readonly topic: string; readonly ids: readonly Uint8Array[] };
}

/** A libp2p peer that keeps no rule of gossipsub: it writes what it is told to, and reads what others gossip at most. */
export class RawPeer {
  private constructor(
    private readonly libp2p: Libp2p,
    private readonly gossip: Stream,
    private readonly victim: string,
  ) {}

  /** Connects to a node. @throws when it does not let the peer in. */
  static async connect(
    address: string,
    { privateKey, identifyBytes, localAddress, isReading = false }: RawPeerOptions,
  ): Promise<RawPeer> {
    const dialOpts = { noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) };
    const libp2p = await createLibp2p({
      privateKey: privateKeyFromRaw(privateKey),
      addresses: { listen: [] },
      transports: [tcp({ dialOpts })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
      services: identifyBytes === undefined ? { identify: identify() } : NO_SERVICES,
    });
    await libp2p.handle(GOSSIP, (stream) => {
      if (isReading) stream.addEventListener('message', () => undefined);
      else stream.pause();
    });
    if (identifyBytes !== undefined) {
      await libp2p.handle(IDENTIFY, (stream) => writeLong(stream, identifyBytes));
    }
    try {
      const connection = await libp2p.dial(multiaddr(address));
      const gossip = await connection.newStream(GOSSIP);
      return new RawPeer(libp2p, gossip, address);
    } catch (thrown) {
      await libp2p.stop();
      throw thrown;
    }
  }

  get id(): string {
    return this.libp2p.peerId.toString();
  }

  get isConnected(): boolean {
    return this.libp2p.getConnections().length > 0;
  }

  /** Says it, as fast as the connection takes it. */
  async say(rpc: GossipRpc): Promise<void> {
    await this.write(lengthPrefixed(encodeRpc(rpc)));
  }

  /** Writes bytes where an RPC is expected. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.gossip.send(bytes)) await this.gossip.onDrain();
  }

  publish(topic: string, data: Uint8Array): Promise<void> {
    return this.say({ messages: [{ topic, data }] });
  }

  /** Opens a stream of a protocol; nothing that comes on it is read. */
  async open(protocol: string): Promise<Stream> {
    const connection = this.libp2p.getConnections()[0];
    if (connection === undefined) throw new Error('not connected');
    const stream = await connection.newStream(protocol);
    stream.pause();
    return stream;
  }

  /** Comes again after it was let go. @throws when it is not let in. */
  async reconnect(): Promise<void> {
    const connection = await this.libp2p.dial(multiaddr(this.victim));
    await connection.newStream(GOSSIP);
  }

  async stop(): Promise<void> {
    await this.libp2p.stop();
  }
}

/** A message of so many bytes, all of them zero, on a stream. */
async function writeLong(stream: Stream, bytes: number): Promise<void> {
  try {
    stream.send(varint(bytes));
    for (let sent = 0; sent < bytes; sent += CHUNK_BYTES) {
      if (!stream.send(new Uint8Array(CHUNK_BYTES))) await stream.onDrain();
    }
  } catch {
    // The node has had enough.
  }
}

/** libp2p pubsub `rpc.proto`. */
function encodeRpc({
  subscribe = [],
  messages = [],
  graft = [],
  prune = [],
  ihave,
}: GossipRpc): Buffer {
  const control = Buffer.concat([
    ...(ihave
      ? [field(1, Buffer.concat([text(1, ihave.topic), ...ihave.ids.map((id) => field(2, id))]))]
      : []),
    ...graft.map((topic) => field(3, text(1, topic))),
    ...prune.map((topic) => field(4, text(1, topic))),
  ]);
  return Buffer.concat([
    ...subscribe.map((topic) => field(1, Buffer.concat([Buffer.from([8, 1]), text(2, topic)]))),
    ...messages.map(({ topic, data }) => field(2, Buffer.concat([field(2, data), text(4, topic)]))),
    ...(control.length > 0 ? [field(3, control)] : []),
  ]);
}

const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));

/** A protobuf field of bytes. */
function field(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), lengthPrefixed(value)]);
}

function lengthPrefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** Unsigned LEB128, as protobuf and snappy write lengths. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
