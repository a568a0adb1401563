import { createSocket } from 'node:dgram';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hasCode } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import { withDeadline } from '../transport/deadline.js';
import { serverTime } from '../transport/serverTime.js';
import { tcpFailure } from '../transport/tcpProbe.js';
import { transportTimeout } from '../transport/transportErrors.js';
import type { FilesPort, ListenPlace, NetworkPort } from './ports.js';

/** For a connection, or the time of a server. */
const LIMIT_MS = 4_000;

/** The network of this machine. */
export function systemNetwork(clock: Clock): NetworkPort {
  const limited = (signal: AbortSignal) => ({
    ...{ clock, signal, timeoutMs: LIMIT_MS },
    timeoutError: () => transportTimeout('', LIMIT_MS),
  });
  return {
    listenFailure: (place) => (place.protocol === 'tcp' ? listenTcp(place) : bindUdp(place)),
    connectFailure: async (place, signal) => {
      try {
        return await withDeadline(limited(signal), (s) => tcpFailure(place, s));
      } catch (thrown) {
        if (hasCode(thrown, 'TRANSPORT_TIMEOUT')) return 'ETIMEDOUT';
        throw thrown;
      }
    },
    serverTime: (url, signal) =>
      withDeadline(limited(signal), (s) => serverTime(url, { signal: s })).catch(() => null),
  };
}

/** The files of this machine. */
export const systemFiles: FilesPort = {
  kind: async (path) => {
    try {
      return (await stat(path)).isDirectory() ? 'folder' : 'file';
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      // Below a file there is nothing, either; the file is found on the way up.
      if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
      throw thrown;
    }
  },
  isWritable: (path) =>
    access(path, constants.W_OK).then(
      () => true,
      () => false,
    ),
  freeBytes: async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
  readText: (path) => readFile(path, 'utf8'),
};

/** An address that is empty is every address. */
function listenTcp({ host, port }: ListenPlace): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, exclusive: true, ...(host !== '' && { host }) }, () => {
      server.close(() => resolve(null));
    });
  });
}

function bindUdp({ host, port }: ListenPlace): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ port, exclusive: true, ...(host !== '' && { address: host }) }, () => {
      socket.close(() => resolve(null));
    });
  });
}
