import { IncomingMessage } from 'node:http';

/** Where a WebSocket may be asked for; op-node `op-service/rpc/handler.go`, which its own node does not turn on. */
const PATHS: ReadonlySet<string> = new Set(['/', '/ws', '/ws/']);

/**
 * A request to a server that speaks WebSocket: Node asks it whether it is an upgrade, and it says so for a WebSocket on one of
 * the paths alone. Every other upgrade, as HTTP/2's by clients that try it first, stays the plain request that it is without.
 */
export class UpgradableRequest extends IncomingMessage {
  private isUpgradeAsked: boolean | null = null;
  private isUpgrade: boolean | null = null;

  /** First asked for when the head was read, and the same for good: what serves the request may give it another path. */
  get upgrade(): boolean {
    this.isUpgrade ??= this.method === 'CONNECT' || asksForWebSocket(this);
    return this.isUpgrade && this.isUpgradeAsked === true;
  }

  /** Set by Node's parser, and by its server to whether anyone listens for upgrades. */
  set upgrade(isAsked: boolean | null) {
    this.isUpgradeAsked = isAsked;
  }
}

function asksForWebSocket({ method, headers, url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split('?', 1);
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && PATHS.has(path);
}
