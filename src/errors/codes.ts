/**
 * Every error code with what it means. `docs/errors.md` is written from this table.
 * A folder adds its own rows; names start with the folder's word.
 */
export const ERROR_CODES = {
  UNEXPECTED: 'A throw that no code planned for; a bug.',
  ABORTED: 'The operation was stopped because the node is shutting down.',
  RUNTIME_LANE_FULL: 'A lane of the task queue had no room for one more task.',
  RUNTIME_STOP_TIMEOUT: 'A part of the node did not stop within its share of the deadline.',
  RUNTIME_STOP_FAILED:
    'One or more parts of the node failed while stopping; all of them are listed.',
  TELEMETRY_BIND_FAILED: 'The address of the metrics or the pprof server cannot be bound.',
  TELEMETRY_PROFILE_FAILED: 'The profile of the run cannot be written to its file.',
  CONFIG_INVALID: 'Flags, environment or config file are not usable; every problem is listed.',
  TRANSPORT_FAILED: 'A remote endpoint could not be reached or broke off.',
  TRANSPORT_TIMEOUT: 'A remote endpoint did not answer in time.',
  TRANSPORT_MALFORMED: 'A remote endpoint answered with something that is not JSON-RPC.',
  TRANSPORT_TOO_LARGE: 'A remote endpoint answered with more bytes than allowed.',
  TRANSPORT_HTTP_STATUS: 'A remote endpoint answered with an HTTP status other than 200.',
  RPC_ERROR: 'A remote endpoint answered a JSON-RPC call with an error object.',
  SAFE_DB_DISABLED: 'The safe-head database was asked but `--safedb.path` is not set.',
  SAFE_DB_INVALID_ENTRY: 'The safe-head database holds an entry that cannot be decoded.',
  SAFE_DB_OPEN_FAILED: 'The safe-head database could not be opened at its path.',
  SEQUENCER_ALREADY_RUNNING: 'The sequencer was told to start but is running.',
  SEQUENCER_NOT_RUNNING: 'The sequencer was told to stop but is not running.',
  SEQUENCER_NOT_LEADER: 'The sequencer was told to start but the conductor says another one leads.',
  SEQUENCER_NO_PRESTATE: 'The sequencer was told to start before the unsafe head is known.',
  SEQUENCER_HEAD_MISMATCH: 'The sequencer was told to start on another block than the unsafe head.',
  SEQUENCER_LEADER_UNKNOWN:
    'The conductor could not say who leads, so the sequencer did not start.',
  SEQUENCER_CONDUCTOR_FAILED: 'The conductor did not answer, or refused what it was asked.',
  SEQUENCER_STATE_INVALID:
    'The file of `--rpc.admin-state` cannot be read or is not what it must be.',
  SEQUENCER_STATE_UNWRITABLE: 'The file of `--rpc.admin-state` could not be written.',
  SEQUENCER_NO_PEERS: 'A block was to be published, but peer-to-peer is off.',
  SEQUENCER_L1_TIMEOUT: 'L1 did not answer in time while a block was due; it is built without.',
  SEQUENCER_ORIGIN_UNAVAILABLE:
    'The L1 origin of the next block is not known yet, or L1 lacks that of the unsafe head.',
  SEQUENCER_PREPARE_TIMEOUT: 'The attributes of a block could not be prepared in time.',
  SEQUENCER_ORIGIN_CONFLICT:
    'The unsafe head builds on an L1 block that is gone; the forkchoice is found again.',
  SEQUENCER_NOT_ENABLED: 'A sequencer method was called on a node that does not sequence.',
  NODE_WRONG_CHAIN: 'An endpoint serves another chain than the rollup config names.',
  NODE_ENDPOINT_UNAVAILABLE: 'An endpoint that start-up needs did not answer after all tries.',
  ROLLUP_JSON_INVALID:
    'A block, transaction or receipt object of a remote endpoint has a missing or malformed field.',
  ROLLUP_TX_TYPE_UNKNOWN: 'A block holds a transaction of a type that this release does not know.',
  ROLLUP_L1_INFO_INVALID:
    'The first transaction of an L2 block does not carry usable L1 information for its fork.',
  ROLLUP_GENESIS_MISMATCH:
    'The block at the genesis height has another hash than the rollup config says.',
  ROLLUP_BLOCK_HASH_MISMATCH: 'A block or payload does not hash to the block hash it claims.',
  ROLLUP_PROOF_INVALID: 'An account or storage proof does not lead to the state root of its block.',
  DERIVE_L1_REORG:
    'The next L1 block does not build on the one derived so far, or that one has left the chain.',
  DERIVE_L1_DATA_MISSING:
    'L1 or its beacon endpoint does not have a block or blob that derivation is reading.',
  DERIVE_L1_UNAVAILABLE:
    'An L1 block that derivation starts from or builds on is not known to L1 yet.',
  DERIVE_L2_UNAVAILABLE: 'The execution layer does not know an L2 block that derivation builds on.',
  DERIVE_ORIGIN_MISMATCH:
    'A batch names an L1 origin that does not follow the origin of its parent block.',
  DERIVE_BATCH_MISMATCH: 'An accepted batch does not build on the safe head any more.',
  DERIVE_DEPOSITS_INVALID: 'The deposit contract emitted a deposit event that cannot be decoded.',
  DERIVE_NO_BLOB_SOURCE:
    'The batcher sends blobs and no beacon endpoint is configured: derivation waits.',
  DERIVE_BLOBS_MISMATCH: 'The blob source answered with another number of blobs than asked for.',
  DERIVE_BLOB_SCHEDULE_MISSING:
    'The L1 chain config has no blob parameters for the time of an L1 block that has blobs.',
  DERIVE_RESET_REQUESTED: 'A reset of the derivation pipeline was asked for by RPC.',
  DERIVE_FINALITY_CONFLICT:
    'L1 has another block where a finality signal, or a block that L2 was derived from, says one.',
  DERIVE_INVARIANT: 'The derivation pipeline is in a state that it must never reach; a bug.',
  VERIFY_BLOCK_MISSING:
    'Our execution layer or L1 lacks a block that verification needs; it is tried again.',
  VERIFY_NOT_RETURNED:
    'The engine has not returned to the last verified block yet; it is asked again.',
  VERIFY_FINALIZED_REFUTED:
    'A followed block at or below the finalized head is not what L1 says; the node stops.',
  ROLLUP_SYSTEM_CONFIG_INVALID: 'An L2 block does not carry a usable system config for its fork.',
  ENGINE_PAYLOAD_REFUSED:
    'The execution layer refuses the shape of a block (-32602, -38005): it can never be inserted.',
  ENGINE_L2_BLOCK_MISMATCH:
    'The execution client answered with another L2 block than was asked for, or one that lacks a field.',
  ENGINE_RESPONSE_INVALID:
    'The execution engine answered with something the Engine API does not know.',
  ENGINE_NOT_READY: 'The execution engine has not told its heads yet.',
  ENGINE_CALL_FAILED: 'The execution engine did not do what it was asked; it is asked again.',
  ENGINE_HEAD_LOST: 'The execution engine came back without blocks that it had.',
  ENGINE_FORKCHOICE_INCONSISTENT:
    'The execution engine does not hold the forkchoice that it was given; it is found again.',
  ENGINE_PRESTATE: 'The execution engine could not prepare the block to build on.',
  ENGINE_HEADS_INVALID: 'The heads would no longer be ordered: finalized, safe, unsafe.',
  ENGINE_FINALIZED_CONFLICT: 'The execution engine holds another block at the finalized height.',
  ENGINE_DEPOSITS_ONLY_INVALID: 'A block of deposits alone was refused; nothing can replace it.',
  ENGINE_BLOCK_MISSING: 'The execution engine lacks a block that its head builds on.',
  ENGINE_ATTRIBUTES_CONFLICT: 'Derived attributes do not build on the pending safe head.',
  ENGINE_EL_SYNCING: 'The execution engine is still syncing its own chain.',
  ENGINE_SAFE_HEAD_RECORD: 'The safe head could not be recorded in the safe-head database.',
  ENGINE_SYNC_START_FAILED: 'The starting forkchoice could not be found.',
  ENGINE_WRONG_CHAIN: 'The genesis blocks of the endpoints are not those of the rollup config.',
  ENGINE_REORG_TOO_DEEP: 'The unsafe chain would have to be reorged deeper than five windows.',
  FOLLOW_STATUS_MALFORMED: 'A followed source answered with something that is not a sync status.',
  FOLLOW_TAG_MISSING: 'A followed execution client does not know one of its head labels yet.',
  FOLLOW_BLOCKS_UNLINKED:
    'Blocks fetched for the follow target do not link our chain to that target.',
  FOLLOW_BLOCK_UNAVAILABLE: 'The block source does not have a block that leads to the target.',
  FOLLOW_BLOCK_REFUSED: 'Our execution layer did not take a block fetched for the follow target.',
  RPC_LISTEN_FAILED: 'The JSON-RPC server could not bind its address.',
  L1_BLOCK_INVALID:
    'The L1 endpoint answered with another block than was asked for, or one that does not match its roots.',
  L1_RECEIPTS_INVALID:
    'The L1 endpoint answered with receipts that do not belong to the block or do not match its root.',
  L1_BEACON_ANSWER_INVALID:
    'A beacon endpoint answered with something that is not what was asked for.',
  L1_BLOBS_UNAVAILABLE: 'No beacon endpoint could give the blobs of an L1 block; a retry may help.',
  L1_KZG_FAILED: 'The process that computes KZG commitments of blobs ended.',
  P2P_MALFORMED: 'A peer sent something that is not what the protocol says.',
  P2P_STREAM_FAILED: 'A stream of a peer could not be opened, broke off, or took too long.',
  P2P_NOT_SIGNED: 'A block could not be signed for publishing.',
  P2P_KEY_INVALID: 'A key of the peer-to-peer identity or of the signer cannot be used.',
  P2P_UNAVAILABLE: 'The thread of peer-to-peer has ended, or has too much to do.',
  P2P_START_FAILED: 'Peer-to-peer could not start: its port cannot be bound, or its thread failed.',
  P2P_STORE_OPEN_FAILED: 'The database of peers could not be opened at its path.',
  P2P_KEY_UNWRITABLE: 'The file of `--p2p.priv.path` cannot be read or made.',
  P2P_BAD_ADDRESS: 'An address of a peer, or a network of addresses, cannot be read.',
  P2P_UNREACHABLE: 'A peer could not be reached.',
  P2P_DISCOVERY_OFF: 'The discovery table was asked for, but discovery is off.',
  P2P_NOT_PUBLISHED: 'A block could not be published to peers.',
  L1_BEACON_CHECK_FAILED: 'The beacon endpoint is missing or did not answer at start.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
