import type { Clock } from '../../runtime/clock.js';
import type { PeerMethods } from '../../types/peerInfo.js';
import { encodeUtf8, escapeRawGo } from '../json/goString.js';
import type { RpcP2pPort } from '../ports.js';

/** So long an answer stands. What peers do is seen later than that anyway. */
const STANDS_MS = 40;
/**
 * An answer that is read from then on is asked for again while it stands, so that those who ask all the time never wait.
 * Whoever asks thousands of times a second costs the peers' thread no more than fifty answers a second of each kind.
 */
const ASKED_AGAIN_MS = 20;

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
  isAskedAgain: boolean;
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
    const asked = this.standing(read, argument);
    if (!asked?.end) return null;
    this.askAgain(asked, read, argument);
    if ('thrown' in asked.end) throw asked.end.thrown;
    return asked.end.json;
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
    const asked = this.call(read, argument);
    this.asked.set(keyOf(read, argument), asked);
    return asked;
  }

  /** The answer that is there stands until the next one is, unless a command came between. */
  private askAgain(asked: Asked, read: PeerRead, argument: boolean | null): void {
    if (asked.isAskedAgain || this.clock.monotonicMs() - asked.atMs < ASKED_AGAIN_MS) return;
    asked.isAskedAgain = true;
    const next = this.call(read, argument);
    const key = keyOf(read, argument);
    const replace = (): void => {
      if (this.asked.get(key) === asked) this.asked.set(key, next);
    };
    next.json.then(replace, replace);
  }

  private call(read: PeerRead, argument: boolean | null): Asked {
    const json = this.port.call(read, argument as never).then(goJson);
    const asked: Asked = { atMs: this.clock.monotonicMs(), json, end: null, isAskedAgain: false };
    json.then(
      (json) => {
        asked.end = { json };
      },
      (thrown: unknown) => {
        asked.end = { thrown };
      },
    );
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
