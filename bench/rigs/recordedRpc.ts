import type {
  IdJson,
  L1RefJson,
  L2RefJson,
  OutputJson,
  SafeHeadEntry,
  SyncStatusJson,
} from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import { computePayloadBlockHash } from '../../src/rollup/blockHash.js';
import { parseRollupConfig } from '../../src/rollup/config.js';
import { dependencySetJson, parseDependencySet } from '../../src/rollup/dependencySet.js';
import { rollupConfigJson } from '../../src/rollup/rollupConfigJson.js';
import type { RpcServerDeps, RpcServerOptions } from '../../src/rpc/http/server.js';
import { WatchCell } from '../../src/runtime/watch.js';
import { DisabledSafeDb } from '../../src/stores/disabledSafeDb.js';
import { RpcError } from '../../src/transport/ports.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import type { SyncStatus } from '../../src/types/syncStatus.js';

/** Where the recorded node stood: as a verifier at rest, or as a follower of it. */
export type Position = 'verifier' | 'follower';

/** What a server needs to answer from a recording; the rest of its ports is the caller's. */
export interface RecordedRpc {
  readonly options: RpcServerOptions;
  readonly status: WatchCell<SyncStatus>;
  readonly ports: Pick<
    RpcServerDeps,
    'status' | 'recordedStatus' | 'l2' | 'safeDb' | 'payload' | 'resetEpoch'
  >;
}

/** Options and ports of a server that stands where the recorded node stood. */
export function recordedRpc(world: World, position: Position): RecordedRpc {
  const isVerifier = position === 'verifier';
  const status = new WatchCell(syncStatusOf(isVerifier ? world.status : world.followStatus));
  const config = parseRollupConfig(JSON.stringify(world.rollup));
  return {
    options: {
      addr: '127.0.0.1',
      port: 0,
      enableAdmin: true,
      version: { version: 'v0.0.0', meta: 'dev' },
      chain: config,
      rollupConfigJson: rollupConfigJson(config),
      dependencySetJson: answerOf(world.dependencySet),
    },
    status,
    ports: {
      status,
      recordedStatus: status,
      l2: recordedL2(world.outputs),
      safeDb: isVerifier ? recordedSafeDb(world.safeHeads) : new DisabledSafeDb(),
      payload: { computeBlockHash: computePayloadBlockHash },
      resetEpoch: () => 0,
    },
  };
}

function answerOf(dependencySet: string | null): string | null {
  return dependencySet === null ? null : dependencySetJson(parseDependencySet(dependencySet));
}

function recordedL2(outputs: readonly OutputJson[]): RpcServerDeps['l2'] {
  const byHash = new Map(outputs.map((output) => [output.blockRef.hash, output]));
  return {
    l2BlockRefByNumber: async (number) => {
      if (number >= 1n << 63n) {
        // What op-geth answers.
        const text = 'invalid argument 0: block number larger than int64';
        throw new RpcError('eth_getBlockByNumber', -32602, text, undefined);
      }
      const output = outputs[Number(number)];
      return output === undefined ? null : l2Ref(output.blockRef);
    },
    outputFactsAt: async (hash) => {
      const output = byHash.get(hash);
      if (output === undefined) return null;
      const { stateRoot, withdrawalStorageRoot } = output;
      return {
        stateRoot: stateRoot as Hash,
        messagePasserStorageRoot: withdrawalStorageRoot as Hash,
      };
    },
  };
}

/** The entry at or below the height asked for; at the largest number op-node's search finds none. */
function recordedSafeDb(entries: readonly SafeHeadEntry[]): RpcServerDeps['safeDb'] {
  return {
    safeHeadAtL1: (l1Number) => {
      const entry = l1Number === (1n << 64n) - 1n ? null : entries[Number(l1Number)];
      const { l1Block, safeHead } = (entry === null ? {} : (entry ?? entries.at(-1))?.answer) ?? {};
      if (l1Block === undefined || safeHead === undefined) return null;
      return { l1Block: blockId(l1Block), safeHead: blockId(safeHead) };
    },
    l1AtSafeHead: async (l2Number) => {
      const found = entries.find(
        ({ answer }) => BigInt(answer?.safeHead?.number ?? -1) >= l2Number,
      );
      const { l1Block, safeHead } = found?.answer ?? {};
      if (l1Block === undefined || safeHead === undefined) return 'ahead';
      return { l1Block: blockId(l1Block), safeHead: blockId(safeHead) };
    },
  };
}

/** A status as the node has it, of one as it answers it. */
export function syncStatusOf(json: SyncStatusJson): SyncStatus {
  return {
    currentL1: l1Ref(json.current_l1),
    currentL1Finalized: l1Ref(json.current_l1_finalized),
    headL1: l1Ref(json.head_l1),
    safeL1: l1Ref(json.safe_l1),
    finalizedL1: l1Ref(json.finalized_l1),
    unsafeL2: l2Ref(json.unsafe_l2),
    safeL2: l2Ref(json.safe_l2),
    finalizedL2: l2Ref(json.finalized_l2),
    pendingSafeL2: l2Ref(json.pending_safe_l2),
    crossUnsafeL2: l2Ref(json.cross_unsafe_l2),
    localSafeL2: l2Ref(json.local_safe_l2),
  };
}

function blockId(json: IdJson): BlockId {
  return { hash: json.hash as Hash, number: BigInt(json.number) };
}

function l1Ref(json: L1RefJson): L1BlockRef {
  const { parentHash, timestamp } = json;
  return {
    ...blockId(json),
    parentHash: parentHash as Hash,
    timestamp: BigInt(timestamp),
  };
}

function l2Ref(json: L2RefJson): L2BlockRef {
  const { l1origin, sequenceNumber } = json;
  return {
    ...l1Ref(json),
    l1Origin: blockId(l1origin),
    sequenceNumber: BigInt(sequenceNumber),
  };
}
