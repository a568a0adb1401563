import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { AdminBackend } from '../../src/node/adminBackend.js';
import { computePayloadBlockHash } from '../../src/rollup/blockHash.js';
import { rollupConfigJson } from '../../src/rollup/rollupConfigJson.js';
import type { RpcServerDeps, RpcServerOptions } from '../../src/rpc/server.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { WatchCell } from '../../src/runtime/watch.js';
import type { RpcRecorder } from '../../src/telemetry/rpcMetrics.js';
import { RpcError } from '../../src/transport/ports.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import type { SyncStatus } from '../../src/types/syncStatus.js';
import { FakeLogger } from './fakeLogger.js';
import { recordedConfig } from './recordedConfig.js';
import { type Json, readWorldJson, readWorldLines, worldPath } from './recordedWorld.js';

/** One recorded exchange with op-node's RPC server. */
export interface GoldenLine {
  readonly name: string;
  readonly http: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly match?: 'bytes' | 'shape' | 'fault';
  readonly response: HttpExchange;
}

export interface HttpExchange {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** Where the recorded node stood: as a verifier at rest, or as a follower of it. */
export type Position = 'verifier' | 'follower';

export function readGolden(world: string, position: Position): readonly GoldenLine[] {
  const file = position === 'verifier' ? 'golden.jsonl' : 'golden-follow.jsonl';
  return readFileSync(worldPath(world, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenLine);
}

/** The status that was recorded in that position. */
export function recordedStatus(world: string, position: Position): SyncStatus {
  const file = position === 'verifier' ? 'sync-status.json' : 'sync-status-follow.json';
  const json = readWorldJson(world, file) as Record<string, Json>;
  const l1 = (key: string): L1BlockRef => l1Ref(json[key] ?? {});
  const l2 = (key: string): L2BlockRef => l2Ref(json[key] ?? {});
  return {
    currentL1: l1('current_l1'),
    currentL1Finalized: l1('current_l1_finalized'),
    headL1: l1('head_l1'),
    safeL1: l1('safe_l1'),
    finalizedL1: l1('finalized_l1'),
    unsafeL2: l2('unsafe_l2'),
    safeL2: l2('safe_l2'),
    finalizedL2: l2('finalized_l2'),
    pendingSafeL2: l2('pending_safe_l2'),
    crossUnsafeL2: l2('cross_unsafe_l2'),
    localSafeL2: l2('local_safe_l2'),
  };
}

/** Options and ports of a server that stands where the recorded node stood. */
export function recordedServer(
  world: string,
  position: Position,
): { options: RpcServerOptions; deps: RpcServerDeps; status: WatchCell<SyncStatus> } {
  const log = new FakeLogger();
  const status = new WatchCell(recordedStatus(world, position));
  const outputs = readWorldLines(world, 'outputs.jsonl.gz');
  const admin = new AdminBackend({
    engine: { addUnsafePayload: () => {} },
    setLogLevel: () => {},
    log,
  });
  return {
    options: {
      addr: '127.0.0.1',
      port: 0,
      enableAdmin: true,
      version: { version: 'v0.0.0', meta: 'dev' },
      rollupConfigJson: rollupConfigJson(recordedConfig(world)),
      dependencySetJson: null,
    },
    deps: {
      status,
      l2: recordedL2(outputs),
      safeDb: position === 'verifier' ? recordedSafeDb(world) : DISABLED_SAFE_DB,
      admin,
      payload: { computeBlockHash: computePayloadBlockHash },
      resetEpoch: () => 0,
      clock: new SystemClock(),
      log,
      recorders: { served: NO_RECORDER, received: NO_RECORDER },
    },
    status,
  };
}

export const NO_RECORDER: RpcRecorder = { start: () => () => {}, notification: () => {} };

/** Sends the request as it was recorded, on a connection of its own. */
export function exchange(addr: string, http: GoldenLine['http']): Promise<HttpExchange> {
  const [host, port] = addr.split(':');
  const { method = 'POST', path = '/' } = http;
  const body = Buffer.from(expandBody(http.body ?? ''));
  const headers: Record<string, string | number> = { ...http.headers };
  if (!['GET', 'HEAD', 'OPTIONS'].includes(method)) headers['content-length'] = body.length;
  return new Promise((resolve, reject) => {
    const req = request({ host, port, path, method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          contentType: res.headers['content-type'] ?? null,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    req.on('error', reject);
    req.end(body.length > 0 ? body : undefined);
  });
}

/** `@repeat:CHAR:N` stands for CHAR repeated N times. */
function expandBody(body: string): string {
  const found = /^@repeat:(.):(\d+)$/s.exec(body);
  return found === null ? body : (found[1] ?? '').repeat(Number(found[2]));
}

function recordedL2(outputs: readonly Json[]): RpcServerDeps['l2'] {
  const byHash = new Map(outputs.map((o) => [(o.blockRef as Json).hash as Hash, o]));
  return {
    l2BlockRefByNumber: async (number) => {
      if (number > 0x7fff_ffff_ffff_ffffn) {
        const text = 'invalid argument 0: block number larger than int64';
        throw new RpcError('eth_getBlockByNumber', -32602, text, undefined);
      }
      const output = outputs[Number(number)];
      return output === undefined ? null : l2Ref(output.blockRef as Json);
    },
    outputFactsAt: async (hash) => {
      const output = byHash.get(hash);
      if (output === undefined) return null;
      return {
        stateRoot: output.stateRoot as Hash,
        messagePasserStorageRoot: output.withdrawalStorageRoot as Hash,
      };
    },
  };
}

const DISABLED_SAFE_DB: RpcServerDeps['safeDb'] = {
  safeHeadAtL1: async () => {
    throw new RpcError('', 0, 'safe head database not enabled', undefined);
  },
};

/** The entry at or below the height asked for; the highest there is has none (op-node's key search ends there). */
function recordedSafeDb(world: string): RpcServerDeps['safeDb'] {
  const heads = readWorldJson(world, 'safe-heads.json') as unknown as readonly {
    readonly answer: { readonly l1Block: Json; readonly safeHead: Json };
  }[];
  return {
    safeHeadAtL1: async (l1Number) => {
      const found = l1Number === MAX_UINT64 ? undefined : (heads[Number(l1Number)] ?? heads.at(-1));
      if (found === undefined) return null;
      const { l1Block, safeHead } = found.answer;
      return { l1Block: blockIdOf(l1Block), safeHead: blockIdOf(safeHead) };
    },
  };
}

const MAX_UINT64 = (1n << 64n) - 1n;

function blockIdOf(json: Json): BlockId {
  return { hash: json.hash as Hash, number: BigInt(json.number as number) };
}

function l1Ref(json: Json): L1BlockRef {
  return {
    ...blockIdOf(json),
    parentHash: json.parentHash as Hash,
    timestamp: BigInt(json.timestamp as number),
  };
}

function l2Ref(json: Json): L2BlockRef {
  return {
    ...l1Ref(json),
    l1Origin: blockIdOf(json.l1origin as Json),
    sequenceNumber: BigInt(json.sequenceNumber as number),
  };
}
