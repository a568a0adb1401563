import type { TcpPlace } from '../transport/tcpProbe.js';

/** A place to listen at. */
export interface ListenPlace {
  readonly protocol: 'tcp' | 'udp';
  /** Empty: everywhere. */
  readonly host: string;
  readonly port: number;
}

/** The network as the checks see it. Failures are error codes of the system, such as `EADDRINUSE`. */
export interface NetworkPort {
  /** Listens and stops at once. Null when that worked. */
  listenFailure(place: ListenPlace): Promise<string | null>;
  /** Connects and hangs up. Null when that worked. @throws NodeError ABORTED. */
  connectFailure(place: TcpPlace, signal: AbortSignal): Promise<string | null>;
  /** Unix milliseconds of an HTTP server; null where it does not say. Never rejects. */
  serverTime(url: string, signal: AbortSignal): Promise<number | null>;
}

export type PathKind = 'file' | 'folder' | 'none';

/** Files as the checks see them; nothing is written. */
export interface FilesPort {
  /** @throws Error of the system where it cannot be looked at, but for one that is not there. */
  kind(path: string): Promise<PathKind>;
  isWritable(path: string): Promise<boolean>;
  /** Bytes that we may still write on its disk. */
  freeBytes(path: string): Promise<number>;
  /** @throws Error of the system. */
  readText(path: string): Promise<string>;
}
