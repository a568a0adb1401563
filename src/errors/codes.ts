/**
 * Every error code with what it means and what the operator can do. `docs/errors.md` is written from this table.
 * A folder adds its own rows; names start with the folder's word.
 */
export const ERROR_CODES = {
  UNEXPECTED: {
    meaning: 'A throw that no code planned for; a bug.',
    remedy:
      'Report it with the log lines around it. The node goes on where the failed step can be repeated.',
  },
  ABORTED: {
    meaning: 'The operation was stopped because the node is shutting down.',
    remedy: 'Nothing; it comes with an orderly stop.',
  },
  RUNTIME_LANE_FULL: {
    meaning: 'A lane of the task queue had no room for one more task.',
    remedy:
      'The engine takes less than it is given: look at its latency (`engine_…` metrics) and its log. What did not fit is asked for again.',
  },
  RUNTIME_STOP_TIMEOUT: {
    meaning: 'A part of the node did not stop within its share of the deadline.',
    remedy:
      'Nothing is lost. See which part the line names; often an endpoint that did not answer.',
  },
  RUNTIME_STOP_FAILED: {
    meaning: 'One or more parts of the node failed while stopping; all of them are listed.',
    remedy: 'Read the listed causes; a disk or an endpoint that is gone at the stop.',
  },
  TELEMETRY_BIND_FAILED: {
    meaning: 'The address of the metrics or the pprof server cannot be bound.',
    remedy:
      'Another program has the port, or the address is not of this machine: change `--metrics.addr`, `--metrics.port`, `--pprof.addr` or `--pprof.port`.',
  },
  TELEMETRY_PROFILE_FAILED: {
    meaning: 'The profile of the run cannot be written to its file.',
    remedy: 'Let `--pprof.path` name a file or a directory that the node may write to.',
  },
  CONFIG_INVALID: {
    meaning: 'Flags, environment or config file are not usable; every problem is listed.',
    remedy: 'Mend each named flag; `slipstream --help` says what is expected.',
  },
  TRANSPORT_FAILED: {
    meaning: 'A remote endpoint could not be reached or broke off.',
    remedy: 'Is the endpoint up, its address right, a firewall between? The node tries on.',
  },
  TRANSPORT_TIMEOUT: {
    meaning: 'A remote endpoint did not answer in time.',
    remedy:
      'The endpoint is overloaded or hangs: look there. Fewer requests at once (`--l1.max-concurrency`) help a slow L1 provider.',
  },
  TRANSPORT_MALFORMED: {
    meaning: 'A remote endpoint answered with something that is not JSON-RPC.',
    remedy:
      'The address leads to something else, such as a proxy page or a login. Try it with `curl`.',
  },
  TRANSPORT_TOO_LARGE: {
    meaning: 'A remote endpoint answered with more bytes than allowed.',
    remedy: 'No honest answer is that large: look at what stands at that address.',
  },
  TRANSPORT_HTTP_STATUS: {
    meaning: 'A remote endpoint answered with an HTTP status other than 200.',
    remedy:
      '401, 403: key or JWT; 404: path; 429: the provider limits requests, set `--l1.rpc-rate-limit`; 5xx: look there.',
  },
  RPC_ERROR: {
    meaning: 'A remote endpoint answered a JSON-RPC call with an error object.',
    remedy:
      'The line has the code and the text of the endpoint; a method that is not offered asks for another provider or `--l1.rpckind`.',
  },
  SAFE_DB_DISABLED: {
    meaning: 'The safe-head database was asked but `--safedb.path` is not set.',
    remedy:
      'Set `--safedb.path` where dispute games or `optimism_safeHeadAtL1Block` are served from this node.',
  },
  SAFE_DB_INVALID_ENTRY: {
    meaning: 'The safe-head database holds an entry that cannot be decoded.',
    remedy:
      'Move the directory of `--safedb.path` away; the database fills again from the safe head on.',
  },
  SAFE_DB_OPEN_FAILED: {
    meaning: 'The safe-head database could not be opened at its path.',
    remedy: 'Check that the directory exists, can be written, and that no other node has it open.',
  },
  SEQUENCER_ALREADY_RUNNING: {
    meaning: 'The sequencer was told to start but is running.',
    remedy: 'Nothing; `admin_sequencerActive` says where it stands.',
  },
  SEQUENCER_NOT_RUNNING: {
    meaning: 'The sequencer was told to stop but is not running.',
    remedy: 'Nothing; `admin_sequencerActive` says where it stands.',
  },
  SEQUENCER_NOT_LEADER: {
    meaning: 'The sequencer was told to start but the conductor says another one leads.',
    remedy:
      'Start the leader, or transfer leadership first. `admin_overrideLeader` is for when the conductors are gone.',
  },
  SEQUENCER_NO_PRESTATE: {
    meaning: 'The sequencer was told to start before the unsafe head is known.',
    remedy: 'Wait until the engine has told its heads, then start again.',
  },
  SEQUENCER_HEAD_MISMATCH: {
    meaning: 'The sequencer was told to start on another block than the unsafe head.',
    remedy:
      'Ask `optimism_syncStatus` for the unsafe head and start on that, or wait until this node has the block that was named.',
  },
  SEQUENCER_LEADER_UNKNOWN: {
    meaning: 'The conductor could not say who leads, so the sequencer did not start.',
    remedy: 'Look at the conductor of `--conductor.rpc`; start again once it answers.',
  },
  SEQUENCER_CONDUCTOR_FAILED: {
    meaning: 'The conductor did not answer, or refused what it was asked.',
    remedy:
      'Look at the conductor of `--conductor.rpc` and its raft peers. The same block is committed again each second.',
  },
  SEQUENCER_STATE_INVALID: {
    meaning: 'The file of `--rpc.admin-state` cannot be read or is not what it must be.',
    remedy:
      'Look at the file of `--rpc.admin-state`; without it the node starts as `--sequencer.stopped` says.',
  },
  SEQUENCER_STATE_UNWRITABLE: {
    meaning: 'The file of `--rpc.admin-state` could not be written.',
    remedy: 'Give the file a directory that can be written, with room; nothing was changed.',
  },
  SEQUENCER_NO_PEERS: {
    meaning: 'A block was to be published, but peer-to-peer is off.',
    remedy: 'Start without `--p2p.disable` where blocks are to reach other nodes.',
  },
  SEQUENCER_L1_TIMEOUT: {
    meaning: 'L1 did not answer in time while a block was due; it is built without.',
    remedy:
      'Harmless alone. When it lasts the drift is used up and blocks come empty: look at the L1 endpoint.',
  },
  SEQUENCER_ORIGIN_UNAVAILABLE: {
    meaning:
      'The L1 origin of the next block is not known yet, or L1 lacks that of the unsafe head.',
    remedy: 'It is asked for again. When it lasts the L1 endpoint lags behind: look there.',
  },
  SEQUENCER_PREPARE_TIMEOUT: {
    meaning: 'The attributes of a block could not be prepared in time.',
    remedy: 'It is tried again. Look at the latency of the L1 endpoint.',
  },
  SEQUENCER_ORIGIN_CONFLICT: {
    meaning: 'The unsafe head builds on an L1 block that is gone; the forkchoice is found again.',
    remedy:
      'Nothing after an L1 reorg: unsafe blocks on the lost L1 block are replaced. Raise `--sequencer.l1-confs` if it is frequent.',
  },
  SEQUENCER_NOT_ENABLED: {
    meaning: 'A sequencer method was called on a node that does not sequence.',
    remedy: 'Ask the sequencer, or start this node with `--sequencer.enabled`.',
  },
  NODE_WRONG_CHAIN: {
    meaning: 'An endpoint serves another chain than the rollup config names.',
    remedy:
      'The line names both chains: point the flag to the right endpoint, or name the right `--network`.',
  },
  NODE_ENDPOINT_UNAVAILABLE: {
    meaning: 'An endpoint that start-up needs did not answer after all tries.',
    remedy:
      'Bring the endpoint up, or correct its address; a service manager may just start the node again.',
  },
  ROLLUP_JSON_INVALID: {
    meaning:
      'A block, transaction or receipt object of a remote endpoint has a missing or malformed field.',
    remedy: 'The endpoint is broken or of another kind of chain. Try another provider.',
  },
  ROLLUP_TX_TYPE_UNKNOWN: {
    meaning: 'A block holds a transaction of a type that this release does not know.',
    remedy: 'Look for a newer release: the chain may have had an upgrade.',
  },
  ROLLUP_L1_INFO_INVALID: {
    meaning:
      'The first transaction of an L2 block does not carry usable L1 information for its fork.',
    remedy: 'Does the rollup config belong to this chain, with the right fork times?',
  },
  ROLLUP_GENESIS_MISMATCH: {
    meaning: 'The block at the genesis height has another hash than the rollup config says.',
    remedy:
      "The line names both hashes: the rollup config or the genesis of the execution client is another chain's.",
  },
  ROLLUP_BLOCK_HASH_MISMATCH: {
    meaning: 'A block or payload does not hash to the block hash it claims.',
    remedy: 'The endpoint answers with damaged blocks; it is refused. Use another one.',
  },
  ROLLUP_PROOF_INVALID: {
    meaning: 'An account or storage proof does not lead to the state root of its block.',
    remedy:
      'The execution client answers with a wrong proof; it is refused. On op-reth see `--rpc.eth-proof-window`.',
  },
  DERIVE_L1_REORG: {
    meaning:
      'The next L1 block does not build on the one derived so far, or that one has left the chain.',
    remedy: 'Nothing: derivation starts over from what still holds.',
  },
  DERIVE_L1_DATA_MISSING: {
    meaning: 'L1 or its beacon endpoint does not have a block or blob that derivation is reading.',
    remedy:
      'Blobs older than the beacon node keeps: add an archive with `--l1.beacon-fallbacks`. Else the endpoint lags; it is asked again.',
  },
  DERIVE_L1_UNAVAILABLE: {
    meaning: 'An L1 block that derivation starts from or builds on is not known to L1 yet.',
    remedy: 'Let the L1 endpoint catch up.',
  },
  DERIVE_L2_UNAVAILABLE: {
    meaning: 'The execution layer does not know an L2 block that derivation builds on.',
    remedy:
      'Has the execution client been rolled back or pruned? It is found again at the next reset.',
  },
  DERIVE_ORIGIN_MISMATCH: {
    meaning: 'A batch names an L1 origin that does not follow the origin of its parent block.',
    remedy:
      "Nothing: the pipeline starts over. If it lasts compare the rollup config with another node's.",
  },
  DERIVE_BATCH_MISMATCH: {
    meaning: 'An accepted batch does not build on the safe head any more.',
    remedy: 'Nothing: the pipeline starts over.',
  },
  DERIVE_DEPOSITS_INVALID: {
    meaning: 'The deposit contract emitted a deposit event that cannot be decoded.',
    remedy: 'Does `deposit_contract_address` of the rollup config name the portal of this chain?',
  },
  DERIVE_NO_BLOB_SOURCE: {
    meaning: 'The batcher sends blobs and no beacon endpoint is configured: derivation waits.',
    remedy: 'Set `--l1.beacon`.',
  },
  DERIVE_BLOBS_MISMATCH: {
    meaning: 'The blob source answered with another number of blobs than asked for.',
    remedy: 'The beacon endpoint is broken or prunes; set another one, or `--l1.beacon-fallbacks`.',
  },
  DERIVE_NO_DA_SERVER: {
    meaning: "The batcher's data is a commitment and no DA server is configured: derivation waits.",
    remedy: 'Set `--altda.da-server`.',
  },
  DERIVE_DA_INPUT_UNAVAILABLE: {
    meaning:
      'The DA server failed to give the input of a commitment, or gave another: derivation waits and asks again.',
    remedy:
      'The line names the commitment, the server, and what came. Is the server up, and does it serve this chain? Inputs of many megabytes need a longer `--altda.get-timeout`.',
  },
  DERIVE_DA_INPUT_MISMATCH: {
    meaning: 'The DA server answered with something that does not hash to the commitment.',
    remedy: 'The server lies or is broken: use another one with `--altda.da-server`.',
  },
  DERIVE_DA_INPUT_MISSING: {
    meaning:
      'The DA server says that it does not have the input of a commitment: derivation waits, while L1 may still decide that it is lost.',
    remedy:
      'Use a DA server that keeps the inputs of this chain. Past the challenge window L1 decides nothing any more, and only the input itself helps.',
  },
  DERIVE_DA_CHALLENGE_EXPIRED: {
    meaning:
      'The input of a commitment was used, and its challenge expired without being resolved: the chain goes on without it.',
    remedy:
      "Nothing: derivation starts over. The chain's operator has failed to publish an input; what was built on it is gone.",
  },
  DERIVE_BLOB_SCHEDULE_MISSING: {
    meaning:
      'The L1 chain config has no blob parameters for the time of an L1 block that has blobs.',
    remedy: 'Bring `--rollup.l1-chain-config` up to date, or this node, where L1 is a known chain.',
  },
  DERIVE_RESET_REQUESTED: {
    meaning: 'A reset of the derivation pipeline was asked for by RPC.',
    remedy: 'Nothing: somebody called `admin_resetDerivationPipeline`.',
  },
  DERIVE_FINALITY_CONFLICT: {
    meaning:
      'L1 has another block where a finality signal, or a block that L2 was derived from, says one.',
    remedy:
      'The L1 endpoint contradicts itself, or serves several nodes that disagree. Use one that does not.',
  },
  DERIVE_INVARIANT: {
    meaning: 'The derivation pipeline is in a state that it must never reach; a bug.',
    remedy: 'Report it with the log lines around it; the pipeline starts over.',
  },
  VERIFY_BLOCK_MISSING: {
    meaning: 'Our execution layer or L1 lacks a block that verification needs; it is tried again.',
    remedy: 'Wait. If it lasts, see whether the execution client and L1 are in sync.',
  },
  VERIFY_NOT_RETURNED: {
    meaning: 'The engine has not returned to the last verified block yet; it is asked again.',
    remedy: 'Wait. If it lasts, look at the log of the execution client.',
  },
  VERIFY_FINALIZED_REFUTED: {
    meaning: 'A followed block at or below the finalized head is not what L1 says; the node stops.',
    remedy:
      'The source has finalized what L1 does not say, or our L1 is wrong. Compare `optimism_outputAtBlock` of independent nodes, then follow another source with an execution client of a good state.',
  },
  ROLLUP_SYSTEM_CONFIG_INVALID: {
    meaning: 'An L2 block does not carry a usable system config for its fork.',
    remedy: 'Does the rollup config belong to this chain, with the right fork times?',
  },
  ENGINE_PAYLOAD_REFUSED: {
    meaning:
      'The execution layer refuses the shape of a block (-32602, -38005): it can never be inserted.',
    remedy:
      'Nothing for a block of a peer: it is dropped. For a block of our own, see whether the execution client knows the fork.',
  },
  ENGINE_L2_BLOCK_MISMATCH: {
    meaning:
      'The execution client answered with another L2 block than was asked for, or one that lacks a field.',
    remedy:
      'The `--l2` endpoint is a proxy over several clients, or broken: point it to one execution client.',
  },
  ENGINE_RESPONSE_INVALID: {
    meaning: 'The execution engine answered with something the Engine API does not know.',
    remedy: 'The execution client is too old or of another kind; see docs/compatibility.md.',
  },
  ENGINE_NOT_READY: {
    meaning: 'The execution engine has not told its heads yet.',
    remedy: 'Wait; it comes only in the first moments after the start.',
  },
  ENGINE_CALL_FAILED: {
    meaning: 'The execution engine did not do what it was asked; it is asked again.',
    remedy: 'Look at the log of the execution client: disk, memory, syncing.',
  },
  ENGINE_HEAD_LOST: {
    meaning: 'The execution engine came back without blocks that it had.',
    remedy:
      'Nothing: it gets the blocks back. If it is frequent the execution client is being killed: look at its memory and its stop time.',
  },
  ENGINE_FORKCHOICE_INCONSISTENT: {
    meaning:
      'The execution engine does not hold the forkchoice that it was given; it is found again.',
    remedy:
      'Nothing: it is found again. If it lasts, see whether another node drives the same execution client.',
  },
  ENGINE_PRESTATE: {
    meaning: 'The execution engine could not prepare the block to build on.',
    remedy: 'It is tried again. Look at the log of the execution client.',
  },
  ENGINE_HEADS_INVALID: {
    meaning: 'The heads would no longer be ordered: finalized, safe, unsafe.',
    remedy: 'Nothing: the heads stand. If it lasts, restart and report it.',
  },
  ENGINE_FINALIZED_CONFLICT: {
    meaning: 'The execution engine holds another block at the finalized height.',
    remedy:
      'Two views of what is final: see "When a conflict lasts" in docs/follow.md. The execution client may need a good database.',
  },
  ENGINE_DEPOSITS_ONLY_INVALID: {
    meaning: 'A block of deposits alone was refused; nothing can replace it.',
    remedy:
      'The execution client and the rollup config disagree about the rules of a fork: compare versions, fork times and genesis.',
  },
  ENGINE_BLOCK_MISSING: {
    meaning: 'The execution engine lacks a block that its head builds on.',
    remedy:
      'The execution client lost part of its database, or is still syncing; let it sync or restore it.',
  },
  ENGINE_ATTRIBUTES_CONFLICT: {
    meaning: 'Derived attributes do not build on the pending safe head.',
    remedy: 'Nothing: the pipeline starts over.',
  },
  ENGINE_EL_SYNCING: {
    meaning: 'The execution engine is still syncing its own chain.',
    remedy: 'Wait for the execution client; it needs peers for its own sync.',
  },
  ENGINE_SAFE_HEAD_RECORD: {
    meaning: 'The safe head could not be recorded in the safe-head database.',
    remedy: 'Make room on the disk of `--safedb.path`; derivation waits, all else goes on.',
  },
  ENGINE_SYNC_START_FAILED: {
    meaning: 'The starting forkchoice could not be found.',
    remedy:
      'The cause is in the line; an endpoint that does not answer or lacks old blocks. It is tried again.',
  },
  ENGINE_WRONG_CHAIN: {
    meaning: 'The genesis blocks of the endpoints are not those of the rollup config.',
    remedy:
      'The line names both hashes: correct `--network` or `--rollup.config`, or the endpoint.',
  },
  ENGINE_REORG_TOO_DEEP: {
    meaning: 'The unsafe chain would have to be reorged deeper than five windows.',
    remedy:
      'The execution client is on another chain than L1 says. Roll it back below the fork with its own tools, or restore it.',
  },
  FOLLOW_STATUS_MALFORMED: {
    meaning: 'A followed source answered with something that is not a sync status.',
    remedy:
      'The source is of another kind or broken; see what `optimism_syncStatus` answers there.',
  },
  FOLLOW_TAG_MISSING: {
    meaning: 'A followed execution client does not know one of its head labels yet.',
    remedy:
      'Wait until the followed execution client has its labels; one that no consensus node drives never has.',
  },
  FOLLOW_BLOCKS_UNLINKED: {
    meaning: 'Blocks fetched for the follow target do not link our chain to that target.',
    remedy:
      'The block source is on another chain than the followed node: check `--l2.follow.blocks`.',
  },
  FOLLOW_BLOCK_UNAVAILABLE: {
    meaning: 'The block source does not have a block that leads to the target.',
    remedy: 'Wait, or name a block source that keeps old blocks with `--l2.follow.blocks`.',
  },
  FOLLOW_BLOCK_REFUSED: {
    meaning: 'Our execution layer did not take a block fetched for the follow target.',
    remedy: 'Execution clients of source and node disagree: compare their versions and genesis.',
  },
  RPC_LISTEN_FAILED: {
    meaning: 'The JSON-RPC server could not bind its address.',
    remedy:
      'Another program has the port, or the address is not of this machine: change `--rpc.addr` or `--rpc.port`.',
  },
  L1_BLOCK_INVALID: {
    meaning:
      'The L1 endpoint answered with another block than was asked for, or one that does not match its roots.',
    remedy: 'The L1 endpoint is a pool of nodes that disagree, or broken. Use another provider.',
  },
  L1_RECEIPTS_INVALID: {
    meaning:
      'The L1 endpoint answered with receipts that do not belong to the block or do not match its root.',
    remedy: 'Try another `--l1.rpckind` (`standard` works everywhere), or another provider.',
  },
  L1_BEACON_ANSWER_INVALID: {
    meaning: 'A beacon endpoint answered with something that is not what was asked for.',
    remedy:
      'The address leads to something else than a beacon node, or one that prunes; try it with `curl …/eth/v1/config/spec`.',
  },
  L1_BLOBS_UNAVAILABLE: {
    meaning: 'No beacon endpoint could give the blobs of an L1 block; a retry may help.',
    remedy:
      'Blobs older than the beacon node keeps (about 18 days): add an archive with `--l1.beacon-fallbacks`.',
  },
  L1_KZG_FAILED: {
    meaning: 'The process that computes KZG commitments of blobs ended.',
    remedy: 'It is started again. If it lasts, look at the memory of the machine.',
  },
  P2P_MALFORMED: {
    meaning: 'A peer sent something that is not what the protocol says.',
    remedy: 'Nothing: the peer is scored for it.',
  },
  P2P_STREAM_FAILED: {
    meaning: 'A stream of a peer could not be opened, broke off, or took too long.',
    remedy: 'Nothing: another peer is asked.',
  },
  P2P_NOT_SIGNED: {
    meaning: 'A block could not be signed for publishing.',
    remedy: 'Check `--p2p.sequencer.key` or the server of `--signer.endpoint`.',
  },
  P2P_KEY_INVALID: {
    meaning: 'A key of the peer-to-peer identity or of the signer cannot be used.',
    remedy: 'A key is 32 bytes in hex; `slipstream p2p genkey` makes one.',
  },
  P2P_UNAVAILABLE: {
    meaning: 'The thread of peer-to-peer has ended, or has too much to do.',
    remedy:
      'If its thread has ended, restart the node and report the lines before it; heads from L1 or a source go on without peers.',
  },
  P2P_START_FAILED: {
    meaning: 'Peer-to-peer could not start: its port cannot be bound, or its thread failed.',
    remedy:
      'Another program has the port: change `--p2p.listen.tcp` and `--p2p.listen.udp`; or start with `--p2p.disable`.',
  },
  P2P_STORE_OPEN_FAILED: {
    meaning: 'The database of peers could not be opened at its path.',
    remedy:
      'Check that it is a directory and no file, can be written, and no other node has it open; `memory` keeps nothing on disk.',
  },
  P2P_KEY_UNWRITABLE: {
    meaning: 'The file of `--p2p.priv.path` cannot be read or made.',
    remedy: 'Give `--p2p.priv.path` a directory that can be written.',
  },
  P2P_BAD_ADDRESS: {
    meaning: 'An address of a peer, or a network of addresses, cannot be read.',
    remedy:
      'Addresses are multiaddrs with a peer id, such as `/ip4/1.2.3.4/tcp/9222/p2p/16Uiu2…`; networks are like `10.0.0.0/8`.',
  },
  P2P_UNREACHABLE: {
    meaning: 'A peer could not be reached.',
    remedy: 'Is the peer up, its port open, its chain ours?',
  },
  P2P_DISCOVERY_OFF: {
    meaning: 'The discovery table was asked for, but discovery is off.',
    remedy: 'Start without `--p2p.no-discovery`.',
  },
  P2P_NOT_PUBLISHED: {
    meaning: 'A block could not be published to peers.',
    remedy:
      'See whether the node has peers (`opp2p_peerStats`); blocks reach others through L1 all the same.',
  },
  L1_BEACON_CHECK_FAILED: {
    meaning: 'The beacon endpoint is missing or did not answer at start.',
    remedy:
      'Set or correct `--l1.beacon`; where all batches are calldata `--l1.beacon.ignore` does without.',
  },
} as const satisfies Record<string, { readonly meaning: string; readonly remedy: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
