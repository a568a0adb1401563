import { NodeError } from '../errors/nodeError.js';
import { hexToBytes } from '../rollup/bytes.js';
import { roomFor } from '../runtime/ownPages.js';
import type { RpcCallOptions } from '../transport/ports.js';
import { HttpStatusError } from '../transport/transportErrors.js';
import type { Hash } from '../types/block.js';
import { remoteText } from '../types/remoteText.js';
import { versionedHashOf } from './blobHasher.js';

/** GET of a JSON body; `HttpGetClient` is one. @throws HttpStatusError for a status other than 200. */
export interface BeaconHttp {
  getJson(path: string, options?: RpcCallOptions): Promise<unknown>;
}

export interface BeaconEndpointOptions {
  /** `--l1.beacon.fetch-all-sidecars`: never asks for single blobs, takes all of the slot. */
  readonly fetchAllSidecars: boolean;
}

type BlobRoute = 'blobs' | 'sidecars';

/**
 * One beacon node's API. `blobs/{slot}` is the present way to get blobs; where it answers 404 the older
 * `blob_sidecars/{slot}` is tried, and whichever worked last is tried first the next time.
 * All failures are temporary: TRANSPORT_*, L1_BEACON_ANSWER_INVALID. op-node `op-service/sources/l1_beacon_client.go`.
 */
export class BeaconEndpoint {
  private routes: readonly [BlobRoute, BlobRoute] = ['blobs', 'sidecars'];

  constructor(
    private readonly options: BeaconEndpointOptions,
    private readonly http: BeaconHttp,
  ) {}

  /** What software answers; the check at start. */
  async version(signal: AbortSignal): Promise<string> {
    const version = field(await this.data('/eth/v1/node/version', signal), 'version');
    if (typeof version !== 'string') throw malformed('version is not text');
    return remoteText(version);
  }

  async genesisTime(signal: AbortSignal): Promise<bigint> {
    return decimal(await this.data('/eth/v1/beacon/genesis', signal), 'genesis_time');
  }

  async secondsPerSlot(signal: AbortSignal): Promise<bigint> {
    return decimal(await this.data('/eth/v1/config/spec', signal), 'SECONDS_PER_SLOT');
  }

  /** The chain id of the deposit contract's chain, which is L1's; null where the node does not say. */
  async depositChainId(signal: AbortSignal): Promise<bigint | null> {
    const spec = await this.data('/eth/v1/config/spec', signal);
    const key = 'DEPOSIT_CHAIN_ID';
    return field(spec, key) === undefined ? null : decimal(spec, key);
  }

  /**
   * Blobs of a slot that may be the asked ones: nothing is proven yet, others may be among them.
   * @returns null when the node says that it has none for that slot (404).
   */
  async blobs(
    slot: bigint,
    hashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    const [preferred, other] = this.routes;
    const first = await this.blobsBy(preferred, slot, hashes, signal);
    if (first !== null) return first;
    const second = await this.blobsBy(other, slot, hashes, signal);
    if (second !== null) this.routes = [other, preferred];
    return second;
  }

  private async blobsBy(
    route: BlobRoute,
    slot: bigint,
    hashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    const path =
      route === 'blobs' ? this.blobsPath(slot, hashes) : `/eth/v1/beacon/blob_sidecars/${slot}`;
    let data: unknown;
    try {
      data = await this.data(path, signal);
    } catch (error) {
      if (error instanceof HttpStatusError && error.status === 404) return null;
      throw error;
    }
    if (!Array.isArray(data)) throw malformed('blobs are not a list');
    const list: readonly unknown[] = data;
    const blobs = route === 'blobs' ? list : list.filter((sidecar) => isWanted(sidecar, hashes));
    return blobs.map((blob) => bytes(route === 'blobs' ? blob : field(blob, 'blob')));
  }

  private blobsPath(slot: bigint, hashes: readonly Hash[]): string {
    const path = `/eth/v1/beacon/blobs/${slot}`;
    if (this.options.fetchAllSidecars) return path;
    return `${path}?${hashes.map((hash) => `versioned_hashes=${hash}`).join('&')}`;
  }

  private async data(path: string, signal: AbortSignal): Promise<unknown> {
    return field(await this.http.getJson(path, { signal }), 'data');
  }
}

/** By the commitment it claims, which saves computing those of the others; the blob itself is checked later. */
function isWanted(sidecar: unknown, hashes: readonly Hash[]): boolean {
  return hashes.includes(versionedHashOf(bytes(field(sidecar, 'kzg_commitment'))));
}

function field(json: unknown, key: string): unknown {
  if (typeof json !== 'object' || json === null) throw malformed(`no object around ${key}`);
  return (json as Readonly<Record<string, unknown>>)[key];
}

/** The beacon API writes integers as decimal text. */
function decimal(json: unknown, key: string): bigint {
  const value = field(json, key);
  if (typeof value !== 'string' || !/^[0-9]{1,20}$/.test(value)) {
    throw malformed(`${key} is not a decimal number`);
  }
  return BigInt(value);
}

function bytes(value: unknown): Uint8Array {
  const decoded = typeof value === 'string' ? hexToBytes(value, roomFor) : null;
  if (decoded === null) throw malformed('blob or commitment is not hex');
  return decoded;
}

function malformed(reason: string): NodeError {
  return new NodeError('L1_BEACON_ANSWER_INVALID', 'beacon endpoint answered malformed', {
    severity: 'temporary',
    fields: { reason },
  });
}
