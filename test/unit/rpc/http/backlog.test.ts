import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../../support/rpcServer.js';

const CALLERS = 1_000;
const SYN_SENT = '02';

/** The kernel's own bound of callers that wait to be taken; 0 where it cannot be read. */
function roomOfKernel(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0;
  }
}

/** Connections to the port that found no room, and have to try again. */
function refused(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to = '', state]) => to.endsWith(remote) && state === SYN_SENT).length;
}

describe('a burst of callers', () => {
  it.skipIf(roomOfKernel() < CALLERS)(
    'finds room, though the server takes none of them yet',
    async () => {
      const running = await startServer();
      const [host = '', port = ''] = running.addr.split(':');
      const sockets = Array.from({ length: CALLERS }, () => connect(Number(port), host));
      for (const socket of sockets) socket.on('error', () => {});
      // All have asked by then, and nothing was taken: that is for later turns of the loop.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const withoutRoom = refused(Number(port));
      for (const socket of sockets) socket.destroy();
      await running.server.stop();
      expect(withoutRoom).toBe(0);
    },
  );
});
