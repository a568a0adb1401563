import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerBody, type Methods } from './jsonRpc.js';
import type { L1Chain } from './l1Chain.js';

/**
 * JSON-RPC over WebSocket on the port of an HTTP server, with `eth_subscribe` to `newHeads`. Other subscriptions are
 * refused. Subscriptions end with their connection.
 */
export function serveWebSocket(
  http: Server,
  chain: L1Chain,
  methods: Methods,
  count: (method: string) => void,
): void {
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    const subscriptions = new Map<string, () => void>();
    const own = { ...methods, ...subscriptionMethods(socket, chain, subscriptions) };
    socket.on('message', (data) => {
      socket.send(JSON.stringify(answerBody(String(data), own, count)));
    });
    socket.on('close', () => {
      for (const end of subscriptions.values()) end();
    });
  });
  http.on('close', () => {
    for (const socket of sockets.clients) socket.terminate();
  });
}

function subscriptionMethods(
  socket: WebSocket,
  chain: L1Chain,
  subscriptions: Map<string, () => void>,
): Methods {
  return {
    eth_subscribe: ([kind]) => {
      if (kind !== 'newHeads')
        throw new Error(`no "${String(kind)}" subscription in eth namespace`);
      const id = `0x${(subscriptions.size + 1).toString(16)}`;
      const end = chain.onHead((block) => {
        const { transactions: _, ...result } = block;
        const params = { subscription: id, result };
        socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }));
      });
      subscriptions.set(id, end);
      return id;
    },
    eth_unsubscribe: ([id]) => {
      subscriptions.get(String(id))?.();
      return subscriptions.delete(String(id));
    },
  };
}
