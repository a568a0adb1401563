import { hasCode } from '../../errors/nodeError.js';
import { readSlotSchedule, type SlotSchedule, slotAt } from '../../l1/slotSchedule.js';
import { channelTimeout } from '../../rollup/chainLimits.js';
import { RpcFields } from '../../rollup/rpcFields.js';
import { requestOrNull } from '../../transport/requestOrNull.js';
import type { Hash, L1BlockRef } from '../../types/block.js';
import type { Check, DoctorContext, L1Access } from '../check.js';
import { derives } from '../check.js';
import { fine, found } from '../finding.js';

/** L1 blocks looked at for a blob to ask for, from where derivation starts. */
const MAX_BLOCKS = 8;
/** Beacon nodes keep blobs for 4096 epochs of 32 slots of 12 s. */
const RETENTION_SEC = 4_096 * 32 * 12;

/** A blob of an L1 block. */
interface KnownBlob {
  readonly block: L1BlockRef;
  readonly hash: Hash;
}

/** Whether the blobs that derivation starts with can still be had. Says nothing where that cannot be known. */
export const blobsCheck: Check = {
  name: 'blobs',
  run: async (context) => {
    const { config, l1, beacons, clock, signal } = context;
    if (l1 === null || beacons.length === 0 || !derives(config)) return [];
    try {
      const start = await derivationStart(context, l1);
      if (start === null) return [];
      const blob = await blobFrom(start, l1, signal);
      if (blob !== null) return [await blobFinding(context, blob)];
      const isOld = clock.nowMs() / 1_000 - Number(start.timestamp) > RETENTION_SEC;
      return isOld
        ? [found('blobs-unproven', `Derivation starts at L1 block ${start.number}`)]
        : [];
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      // L1 or the beacon node do not answer: the checks of those tell.
      return [];
    }
  },
};

/** A channel's timeout before the origin of the engine's safe head; from the rollup's genesis where it has none. */
async function derivationStart(
  { config: { rollup }, engine, signal }: DoctorContext,
  l1: L1Access,
): Promise<L1BlockRef | null> {
  const safe = await engine.source.l2BlockRefByLabel('safe', signal).catch(() => null);
  const first = rollup.genesis.l1.number;
  const start =
    safe === null ? first : safe.l1Origin.number - channelTimeout(rollup, safe.timestamp);
  const isWithin = start > first;
  return l1.client.l1BlockRefByNumber(isWithin ? start : first, signal);
}

async function blobFrom(
  start: L1BlockRef,
  { client, rpc }: L1Access,
  signal: AbortSignal,
): Promise<KnownBlob | null> {
  let block: L1BlockRef | null = start;
  for (let looked = 0; block !== null && looked < MAX_BLOCKS; looked += 1) {
    const json = await requestOrNull(rpc, 'eth_getBlockByHash', [block.hash, true], { signal });
    const hash = firstBlob(json);
    if (hash !== null) return { block, hash };
    block = await client.l1BlockRefByNumber(block.number + 1n, signal);
  }
  return null;
}

function firstBlob(json: unknown): Hash | null {
  const { transactions } = (json ?? {}) as { readonly transactions?: unknown };
  if (!Array.isArray(transactions)) return null;
  for (const tx of transactions as readonly unknown[]) {
    const { blobVersionedHashes: hashes } = (tx ?? {}) as {
      readonly blobVersionedHashes?: unknown;
    };
    if (Array.isArray(hashes) && hashes.length > 0) {
      return new RpcFields({ hash: hashes[0] as unknown }, 'blob').hash('hash');
    }
  }
  return null;
}

async function blobFinding(context: DoctorContext, { block, hash }: KnownBlob) {
  const { beacons, signal } = context;
  const slot = slotAt(await slotSchedule(context), block);
  const what = `blobs of L1 block ${block.number} (slot ${slot}), where derivation starts`;
  for (const { endpoint, name } of beacons) {
    const blobs = await endpoint.blobs(slot, [hash], signal).catch((thrown: unknown) => {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return null;
    });
    if (blobs !== null && blobs.length > 0) return fine(`The beacon node at ${name} has ${what}`);
  }
  return found('blobs-gone', `No beacon endpoint has ${what}`);
}

async function slotSchedule({ beacons, config, signal }: DoctorContext): Promise<SlotSchedule> {
  const [first] = beacons;
  if (first === undefined) throw new RangeError('there is a beacon node');
  const override = BigInt(config.beacon?.slotDurationOverride ?? 0);
  return readSlotSchedule(first.endpoint, override, signal);
}
