import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import type { Logger } from '../telemetry/logger.js';
import type { Hash, L1BlockRef } from '../types/block.js';
import type { BeaconEndpoint } from './beaconEndpoint.js';
import type { BlobHasher } from './blobHasher.js';
import { type Fetching, fetchOnce } from './fetchOnce.js';
import { readSlotSchedule, type SlotSchedule, slotAt } from './slotSchedule.js';

export interface BeaconClientOptions {
  /** `--l1.beacon.slot-duration-override` in seconds; 0 asks the beacon node. */
  readonly slotDurationOverrideSec: bigint;
}

export interface BeaconClientDeps {
  /** The beacon node, then the fallbacks, in the order to try them. At least one. */
  readonly endpoints: readonly BeaconEndpoint[];
  readonly hasher: BlobHasher;
  readonly log: Logger;
}

interface BlobsWanted {
  readonly slot: bigint;
  readonly hashes: readonly Hash[];
  /** What went wrong is added. */
  readonly failures: NodeError[];
}

/**
 * Blobs of L1 blocks, each proven: only what hashes to the asked versioned hash is handed out. Endpoints are tried in
 * turn until one has them all; the one that had stays the first. op-node `op-service/sources/l1_beacon_client.go`.
 */
export class BeaconClient {
  private schedule: SlotSchedule | null = null;
  /** Calls that run side by side at a start share what one of them reads. */
  private readonly fetching: Fetching = new Map();
  /** Index of the endpoint to try first. */
  private current = 0;

  constructor(
    private readonly options: BeaconClientOptions,
    private readonly deps: BeaconClientDeps,
  ) {}

  /**
   * The blobs of these versioned hashes, in this order, 131072 bytes each.
   * @param block only its time matters: it names the slot.
   * @returns null when every endpoint says that it has no blobs of that slot.
   * @throws NodeError L1_BLOBS_UNAVAILABLE (temporary) when no endpoint gave them all and not all say so; TRANSPORT_*.
   */
  async blobsByHash(
    block: L1BlockRef,
    versionedHashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    if (versionedHashes.length === 0) return [];
    this.deps.hasher.prepare();
    const slot = slotAt(await this.slotSchedule(signal), block);
    const { endpoints } = this.deps;
    const failures: NodeError[] = [];
    // Calls run side by side: each tries every endpoint, wherever the others have come meanwhile.
    const first = this.current;
    for (let tried = 0; tried < endpoints.length; tried++) {
      const index = (first + tried) % endpoints.length;
      const found = await this.blobsFrom(
        index,
        { slot, hashes: versionedHashes, failures },
        signal,
      );
      if (found === null) continue;
      this.current = index;
      return found;
    }
    if (failures.length === 0) return null;
    throw new NodeError('L1_BLOBS_UNAVAILABLE', 'no beacon endpoint gave the blobs', {
      severity: 'temporary',
      fields: { slot, l1Number: block.number, failures: failures.map((error) => error.message) },
      cause: failures.length === 1 ? failures[0] : new AggregateError(failures),
    });
  }

  /** What software the beacon node runs. @throws TRANSPORT_*, L1_BEACON_ANSWER_INVALID; temporary. */
  async version(signal: AbortSignal): Promise<string> {
    return this.onFirst((endpoint) => endpoint.version(signal));
  }

  /** Null when the endpoint has none of that slot; other failures are collected. */
  private async blobsFrom(
    index: number,
    { slot, hashes, failures }: BlobsWanted,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    try {
      const candidates = await this.endpoint(index).blobs(slot, hashes, signal);
      return candidates === null ? null : await this.prove(candidates, hashes, signal);
    } catch (thrown) {
      const error = toNodeError(thrown);
      if (error.severity === 'critical' || hasCode(error, 'ABORTED')) throw error;
      this.deps.log.debug('beacon endpoint could not give blobs', {
        endpoint: index,
        slot,
        error,
      });
      failures.push(error);
      return null;
    }
  }

  private async prove(
    candidates: readonly Uint8Array[],
    hashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const proven = new Map<Hash, Uint8Array>();
    for (const blob of candidates) {
      const hash = await this.deps.hasher.versionedHash(blob, signal);
      if (hash !== null) proven.set(hash, blob);
    }
    return hashes.map((hash) => {
      const blob = proven.get(hash);
      if (blob !== undefined) return blob;
      throw new NodeError(
        'L1_BEACON_ANSWER_INVALID',
        'beacon endpoint left out or changed a blob',
        { severity: 'temporary', fields: { versionedHash: hash, received: candidates.length } },
      );
    });
  }

  private slotSchedule(signal: AbortSignal): Promise<SlotSchedule> {
    const { slotDurationOverrideSec } = this.options;
    const known = (): SlotSchedule | undefined => this.schedule ?? undefined;
    const fetch = async (): Promise<SlotSchedule> => {
      this.schedule = await this.onFirst((endpoint) =>
        readSlotSchedule(endpoint, slotDurationOverrideSec, signal),
      );
      return this.schedule;
    };
    return fetchOnce(this.fetching, { key: 'slot schedule', known, fetch }, signal);
  }

  /** Facts of the chain come from the beacon node itself: a fallback may be an archive of blobs and nothing else. */
  private onFirst<T>(ask: (endpoint: BeaconEndpoint) => Promise<T>): Promise<T> {
    return ask(this.endpoint(0));
  }

  private endpoint(index: number): BeaconEndpoint {
    const endpoint = this.deps.endpoints[index];
    if (endpoint !== undefined) return endpoint;
    throw new NodeError('L1_BLOBS_UNAVAILABLE', 'no beacon endpoint is configured', {
      severity: 'temporary',
    });
  }
}
