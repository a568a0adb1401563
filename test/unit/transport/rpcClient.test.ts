import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/runtime/clock.js';
import { HttpRpcClient } from '../../../src/transport/httpRpcClient.js';
import { createRpcClient } from '../../../src/transport/rpcClient.js';
import { WsRpcClient } from '../../../src/transport/wsRpcClient.js';

const deps = { clock: new SystemClock(), random: Math.random };

describe('createRpcClient', () => {
  it.each([
    ['http://127.0.0.1:1', HttpRpcClient],
    ['https://127.0.0.1:1', HttpRpcClient],
    ['HTTP://127.0.0.1:1', HttpRpcClient],
    ['ws://127.0.0.1:1', WsRpcClient],
    ['wss://127.0.0.1:1', WsRpcClient],
  ])('makes the client for %s without connecting', async (url, type) => {
    const client = createRpcClient({ url }, deps);
    expect(client).toBeInstanceOf(type);
    await client.close();
  });

  it.each(['', 'localhost:8545', '/run/geth.ipc', 'ftp://u:secret@host'])('refuses %s', (url) => {
    expect(() => createRpcClient({ url }, deps)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', severity: 'critical' }),
    );
    expect(() => createRpcClient({ url }, deps)).not.toThrow(/secret/);
  });
});
