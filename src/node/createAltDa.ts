import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/actors/confDepth.js';
import { AltDa } from '../derive/altda/altDa.js';
import type { DaSource } from '../derive/altda/ports.js';
import type { DeriveObserver } from '../derive/ports.js';
import { DaServerClient } from '../l1/daServerClient.js';
import { redactUrl } from '../telemetry/redact.js';
import { HttpGetClient } from '../transport/httpGet.js';
import type { L1Parts } from './createL1.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

/**
 * Most bytes of an input: twice the largest blob that a DA layer in use takes (16 MiB). With keccak commitments more than
 * 130672 count for nothing, but only all of them tell that they are what was committed to.
 */
const MAX_INPUT_BYTES = 32 * 1024 * 1024;

export interface DaServerParts {
  readonly client: DaServerClient;
  close(): Promise<void>;
}

/** Makes the client of the DA server; nothing is asked yet. Null where nothing is read of one. */
export function createDaServer(
  { rollup, follow, daServer }: NodeConfig,
  telemetry: NodeTelemetry,
  deps: NodeDeps,
): DaServerParts | null {
  const { url, getTimeoutMs, maxConcurrent } = daServer;
  const isDeriving = follow === null || follow.isVerifyEnabled;
  if (url === null || rollup.altDa === null || !isDeriving) return null;
  const http = new HttpGetClient(
    { url, timeoutMs: getTimeoutMs, maxBytes: MAX_INPUT_BYTES, maxConnections: maxConcurrent },
    deps,
  );
  const client = new DaServerClient(
    { maxConcurrent },
    {
      ...{ http, clock: deps.clock, recordError: telemetry.altDa.storageError },
      log: deps.log.child({ component: 'da-server' }),
    },
  );
  return { client, close: () => http.close() };
}

export interface AltDaPeers {
  readonly l1: L1Parts;
  /** Null where none is configured. */
  readonly server: DaSource | null;
  readonly telemetry: NodeTelemetry;
  readonly observer: DeriveObserver;
}

/** What a pipeline of its own needs of a chain with alternative data availability; null for other chains. */
export function createAltDa(
  { rollup, daServer, derivation }: NodeConfig,
  { l1, server, telemetry, observer }: AltDaPeers,
): AltDa | null {
  const { altDa } = rollup;
  if (altDa === null) return null;
  const seen = withConfDepth(BigInt(derivation.l1Confs), l1.client, () => l1.heads.get().head);
  return new AltDa(
    { config: rollup, altDa, verifyOnRead: daServer.verifyOnRead, endpoint: shownUrl(daServer) },
    {
      l1: {
        l1BlockRefByNumber: (number, signal) => seen.l1BlockRefByNumber(number, signal),
        l1ReceiptsByHash: (hash, signal) => l1.client.l1ReceiptsByHash(hash, signal),
        l1TransactionsAt: (hash, places, signal) =>
          l1.client.l1TransactionsAt(hash, places, signal),
      },
      ...{ server, recorder: telemetry.altDa.challenges, observer },
    },
  );
}

function shownUrl({ url }: NodeConfig['daServer']): string | null {
  return url === null ? null : redactUrl(url);
}

/** The server as derivation asks it, without reading ahead; null where there is none. */
export function daSourceOf(parts: DaServerParts | null): DaSource | null {
  return parts === null
    ? null
    : { input: ({ encoded }, _, signal) => parts.client.input(encoded, signal) };
}
