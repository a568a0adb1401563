import { connect } from 'node:net';
import { abortable } from '../runtime/abort.js';
import { ADDRESS_ATTEMPTS } from './addressAttempts.js';

export interface TcpPlace {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/**
 * Connects, and hangs up at once.
 * @returns null when it connected, else why not: an error code of the system such as `ECONNREFUSED`.
 * @throws NodeError ABORTED when the signal fires first.
 */
export function tcpFailure({ host, port }: TcpPlace, signal: AbortSignal): Promise<string | null> {
  return abortable<string | null>(signal, ({ resolve }) => {
    const socket = connect({ host, port, ...ADDRESS_ATTEMPTS });
    const end = (failure: string | null): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => end(null));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    return () => socket.destroy();
  });
}
