import { WebSocket } from 'ws';
import { sharedMs } from '../measure/sharedMs.js';

/**
 * A process of followers, forked by `fanout.ts`: `node fanoutFollowers.js URL COUNT`. Each has a WebSocket and a subscription to
 * the whole status. Says `ready` once all have been told the status, and for each change when all of them have it:
 * when the last had it.
 */

const [url = '', countText = ''] = process.argv.slice(2);
const count = Number(countText);
/** Followers that open at a time. */
const OPENING = 50;
const SUBSCRIBE = '{"jsonrpc":"2.0","id":1,"method":"optimism_subscribe","params":["syncStatus"]}';
const UNSAFE = /"unsafe_l2":\{"hash":"0x[0-9a-f]{64}","number":(\d{1,15})/;
const arrived = new Map<number, number>();

function follow(): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send(SUBSCRIBE));
    socket.on('message', (data) => {
      const number = Number(UNSAFE.exec(String(data))?.[1] ?? Number.NaN);
      if (Number.isNaN(number)) return;
      resolve();
      arrive(number);
    });
  });
}

function arrive(number: number): void {
  const soFar = (arrived.get(number) ?? 0) + 1;
  arrived.set(number, soFar);
  if (soFar === count) process.send?.({ number, atMs: sharedMs() });
}

for (let begun = 0; begun < count; begun += OPENING) {
  await Promise.all(Array.from({ length: Math.min(OPENING, count - begun) }, follow));
}
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
