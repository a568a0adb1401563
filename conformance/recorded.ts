/** JSON of a block as `eth_getBlockByNumber` answers it, with full transactions; only what is read here is typed. */
export interface BlockJson {
  readonly hash: string;
  readonly number: string;
  readonly parentHash: string;
  readonly timestamp: string;
  readonly transactions: readonly TransactionJson[];
  readonly [field: string]: unknown;
}

export interface TransactionJson {
  readonly hash: string;
  readonly type: string;
  readonly input: string;
  readonly [field: string]: unknown;
}

export interface LogJson {
  readonly address: string;
  readonly topics: readonly string[];
  readonly [field: string]: unknown;
}

export interface ReceiptJson {
  readonly transactionHash: string;
  readonly logs: readonly LogJson[];
  readonly [field: string]: unknown;
}

/** One recorded L1 block with all that a node asks about it. */
export interface L1Entry {
  readonly block: BlockJson;
  readonly receipts: readonly ReceiptJson[];
  /** The signer slot's `eth_getProof` at this block. */
  readonly proof?: { readonly address: string; readonly [field: string]: unknown };
  readonly blobs?: readonly { readonly versioned_hash: string; readonly blob: string }[];
}

/** A line of `altda.jsonl.gz`: a commitment on L1, type byte first, and the input that the DA server had for it. */
export interface DaInputJson {
  readonly commitment: `0x${string}`;
  /** Null where the server had none. */
  readonly input: `0x${string}` | null;
}

/** `world.json`. */
export interface WorldFacts {
  readonly l1: {
    readonly chainId: string;
    readonly head: number;
    readonly safe: number;
    readonly finalized: number;
    readonly beacon: { readonly genesisTime: number; readonly secondsPerSlot: number };
    /** Slot values by lower-case address and slot as hex digits without `0x`. */
    readonly storage?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly code?: Readonly<Record<string, string>>;
  };
}

export interface IdJson {
  readonly hash: string;
  readonly number: number;
}

/** op-node's L1 block reference on the wire. */
export interface L1RefJson extends IdJson {
  readonly parentHash: string;
  readonly timestamp: number;
}

/** op-node's L2 block reference on the wire. */
export interface L2RefJson extends L1RefJson {
  readonly l1origin: IdJson;
  readonly sequenceNumber: number;
}

/** `optimism_syncStatus` on the wire, keys in op-node's order. */
export interface SyncStatusJson {
  readonly current_l1: L1RefJson;
  readonly current_l1_finalized: L1RefJson;
  readonly head_l1: L1RefJson;
  readonly safe_l1: L1RefJson;
  readonly finalized_l1: L1RefJson;
  readonly unsafe_l2: L2RefJson;
  readonly safe_l2: L2RefJson;
  readonly finalized_l2: L2RefJson;
  readonly pending_safe_l2: L2RefJson;
  readonly cross_unsafe_l2: L2RefJson;
  readonly local_safe_l2: L2RefJson;
}

/** `optimism_outputAtBlock` without its sync status. */
export interface OutputJson {
  readonly version: string;
  readonly outputRoot: string;
  readonly blockRef: L2RefJson;
  readonly withdrawalStorageRoot: string;
  readonly stateRoot: string;
}

/** A block that op-node built as a verifier: what it sent to the engine, and by which methods. */
export interface DerivedEntry {
  readonly number: number;
  readonly hash: string;
  readonly parent: string;
  readonly method: string;
  readonly getPayload: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A line of `safe-heads.json`: op-node's answer for one L1 height, an error where it has none. */
export interface SafeHeadEntry {
  readonly l1: number;
  readonly answer: {
    readonly l1Block?: IdJson;
    readonly safeHead?: IdJson;
    readonly error?: unknown;
  };
}

/** What op-node answered at rest on one branch of a recorded L1. */
export interface ForkState {
  /** `base`, or the name of the fork that L1 was reorged to. */
  readonly name: string;
  /** L1 head. */
  readonly head: number;
  readonly syncStatus: SyncStatusJson;
  readonly safeHeads: readonly SafeHeadEntry[];
}

/** The rollup config, as far as it is read here. */
export interface RollupJson {
  readonly genesis: {
    readonly l1: IdJson;
    readonly l2: IdJson;
    readonly l2_time: number;
  };
  readonly block_time: number;
  readonly l1_chain_id: number;
  readonly l2_chain_id: number;
  readonly canyon_time?: number;
  readonly ecotone_time?: number;
  readonly isthmus_time?: number;
  readonly karst_time?: number;
  readonly alt_da?: { readonly da_commitment_type: string };
  readonly [field: string]: unknown;
}

/** One recorded HTTP exchange and how an answer is held against it. */
export interface GoldenLine {
  readonly name: string;
  readonly http: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** `@repeat:CHAR:N` stands for CHAR repeated N times. */
    readonly body?: string;
  };
  readonly match?: 'bytes' | 'json' | 'error' | 'fault' | 'shape';
  readonly response: GoldenResponse;
}

export interface GoldenResponse {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}
