import type { Counter, MetricsRegistry } from '../../telemetry/registry.js';
import type { StatusFeed } from './statusFeed.js';

/** Why no WebSocket was opened: too many in all, or of one address. */
export type RefusalReason = 'connections' | 'address';
/** Why one was ended: it does not read, it says nothing, it broke the protocol, it held most of the memory that callers may. */
export type CutReason = 'slow' | 'silent' | 'protocol' | 'memory';

/** What the WebSocket side of the RPC server counts. */
export interface WsMetrics {
  readonly refused: Counter<{ readonly reason: string }>;
  readonly cut: Counter<{ readonly reason: string }>;
  /** Events of subscriptions that were sent, by the method that they carry. */
  readonly sent: (method: string) => void;
  /** @param read how many there are now; asked at each scrape. */
  sampleConnections(read: () => number): void;
  sampleSubscriptions(feed: StatusFeed): void;
}

/** @param sent counts events with op-node's own `rpc_server_notifications_sent_total`. */
export function makeWsMetrics(
  registry: MetricsRegistry,
  sent: (method: string) => void,
): WsMetrics {
  const sampled = (name: string, help: string, read: () => number): void =>
    registry.sampledGauge({ name, help, labels: [] }, read);
  return {
    refused: registry.counter({
      name: 'rpc_ws_refused_total',
      help: 'WebSockets that were not opened because there were too many',
      labels: ['reason'],
    }),
    cut: registry.counter({
      name: 'rpc_ws_cut_total',
      help: 'WebSockets that the RPC server ended, by reason',
      labels: ['reason'],
    }),
    sent,
    sampleConnections: (read) =>
      sampled('rpc_ws_connections', 'Open WebSockets of the RPC server', read),
    sampleSubscriptions: (feed) =>
      sampled('rpc_ws_subscriptions', 'Subscriptions of the RPC server', () => feed.total),
  };
}
