import type { Clock } from '../../runtime/clock.js';
import type { PeerMethods } from '../../types/peerInfo.js';
import { encodeUtf8, escapeRawGo } from '../json/goString.js';
import type { RpcP2pPort } from '../ports.js';

/**
 * So long an answer stands. What peers do is seen later than that anyway, and whoever asks thousands of times a second
 * costs their thread no more than fifty answers a second of each kind.
 */
const STANDS_MS = 20;

/** What is asked and changes nothing. */
export type PeerRead =
  | 'self'
  | 'peers'
  | 'peerStats'
  | 'discoveryTable'
  | 'listBlockedPeers'
  | 'listBlockedAddrs'
  | 'listBlockedSubnets';

interface Asked {
  readonly atMs: number;
  readonly json: Promise<string>;
  /** Null while it is under way. */
  end: { readonly json: string } | { readonly thrown: unknown } | null;
}

/** Reads of the peers, each kept for a moment; a command through here ends that, so that it shows in every read behind it. */
export class PeerReads {
  private readonly port: Pick<RpcP2pPort, 'call'>;
  private readonly clock: Clock;
  private readonly asked = new Map<string, Asked>();

  constructor(port: Pick<RpcP2pPort, 'call'>, clock: Clock) {
    this.port = port;
    this.clock = clock;
  }

  /** JSON of an answer that stands, else null. @throws what the answer was, where it was a fault. */
  kept(read: PeerRead, argument: boolean | null): string | null {
    const end = this.standing(read, argument)?.end ?? null;
    if (end === null) return null;
    if ('thrown' in end) throw end.thrown;
    return end.json;
  }

  /** JSON of the answer. @throws what the peers' thread throws. */
  read(read: PeerRead, argument: boolean | null): Promise<string> {
    return (this.standing(read, argument) ?? this.ask(read, argument)).json;
  }

  /** Does what changes something. @throws what the peers' thread throws. */
  async command<K extends Exclude<keyof PeerMethods, PeerRead>>(
    command: K,
    argument: Parameters<PeerMethods[K]>[0],
  ): Promise<void> {
    this.asked.clear();
    try {
      await this.port.call(command, argument);
    } finally {
      this.asked.clear();
    }
  }

  private standing(read: PeerRead, argument: boolean | null): Asked | null {
    const asked = this.asked.get(keyOf(read, argument));
    if (asked === undefined) return null;
    return this.clock.monotonicMs() - asked.atMs < STANDS_MS ? asked : null;
  }

  private ask(read: PeerRead, argument: boolean | null): Asked {
    const json = this.port.call(read, argument as never).then(goJson);
    const asked: Asked = { atMs: this.clock.monotonicMs(), json, end: null };
    json.then(
      (json) => {
        asked.end = { json };
      },
      (thrown: unknown) => {
        asked.end = { thrown };
      },
    );
    this.asked.set(keyOf(read, argument), asked);
    return asked;
  }
}

function keyOf(read: PeerRead, argument: boolean | null): string {
  return `${read} ${argument}`;
}

/** JSON as Go's encoder writes it; what peers say of themselves may hold anything. */
function goJson(value: unknown): string {
  return escapeRawGo(encodeUtf8(JSON.stringify(value)));
}
