/** What a finding says of the set-up: an `error` stops or harms the node, a `warning` does not. */
export type FindingLevel = 'error' | 'warning';

/** What stands behind a code. */
export interface FindingRow {
  readonly level: FindingLevel;
  /** When the finding is only a warning; absent where it never is. */
  readonly softer?: string;
  /** What it means. */
  readonly means: string;
  /** What to do; the second half of the printed line. */
  readonly advice: string;
}

/**
 * Every code that `slipstream doctor` prints, by the check that finds it. `docs/doctor.md` is written from this table.
 * Codes are part of what scripts rely on: a new meaning gets a new code.
 */
export const FINDINGS = {
  'config-invalid': {
    level: 'error',
    means:
      'A flag, a variable or a line of the config file cannot be used: the node would not start.',
    advice: 'Correct it; docs/flags.md has every flag',
  },
  'config-notice': {
    level: 'warning',
    means: 'A setting that the node takes, and warns about when it starts.',
    advice: 'Nothing has to be done at once',
  },
  'jwt-missing': {
    level: 'error',
    means:
      'There is no secret file. The node would make a new one, which the execution engine does not know.',
    advice: 'Point --l2.jwt-secret at the file that the execution engine was started with',
  },
  'jwt-unusable': {
    level: 'error',
    means: 'The secret file cannot be read, or does not hold 32 bytes in hex.',
    advice: 'Give the node read access to the file of the execution engine, unchanged',
  },
  'engine-unreachable': {
    level: 'error',
    means: 'The execution engine does not answer at `--l2`.',
    advice: 'Start the execution engine, or correct --l2 (its authenticated port, usually 8551)',
  },
  'engine-secret-refused': {
    level: 'error',
    means: 'The execution engine answers, and refuses tokens that are signed with our secret.',
    advice: 'Start both with the same secret file: --l2.jwt-secret here, --authrpc.jwtsecret there',
  },
  'engine-token-time': {
    level: 'error',
    means:
      'The execution engine refuses the time in our token: it takes tokens within 60 s of its own clock.',
    advice: 'Set the clocks of both machines by NTP',
  },
  'engine-api-missing': {
    level: 'error',
    means: 'What answers at `--l2` has no Engine API.',
    advice: 'Use the authenticated port of the execution engine, usually 8551 and not 8545',
  },
  'engine-wrong-chain': {
    level: 'error',
    means:
      'The execution engine has another chain id or another genesis block than the rollup config.',
    advice:
      'Give the engine of this chain, made from its genesis file, or the rollup config of that one',
  },
  'engine-lacks-methods': {
    level: 'error',
    softer: 'the fork is still to come, or the engine has what can be asked instead',
    means:
      'The execution engine lacks methods of a scheduled fork: blocks of that fork cannot be made or taken.',
    advice: 'Update the execution engine',
  },
  'engine-kind-differs': {
    level: 'warning',
    means:
      'The execution engine is another program than `--l2.enginekind` says, which decides how its sync is awaited.',
    advice: 'Set --l2.enginekind to it',
  },
  'engine-syncing': {
    level: 'warning',
    means: 'The execution engine is busy with a sync of its own.',
    advice: 'Wait for it; the node waits too',
  },
  'l1-unreachable': {
    level: 'error',
    means: 'The L1 execution client does not answer, or answers with errors.',
    advice: 'Start it, or correct --l1',
  },
  'l1-wrong-chain': {
    level: 'error',
    means: 'The L1 endpoint serves another chain than the rollup config builds on.',
    advice: 'Give the L1 of this chain in --l1, or the right --network or --rollup.config',
  },
  'l1-genesis-pruned': {
    level: 'warning',
    means:
      'The L1 endpoint lacks the L1 block that the rollup begins at, so that its chain could not be compared.',
    advice: 'Nothing has to be done, unless the node derives from there',
  },
  'l1-stale': {
    level: 'error',
    means:
      'The newest block of the L1 endpoint is old: it is not in sync, or the clock of this machine is ahead.',
    advice: 'Let the L1 client sync (and its beacon node), or use another endpoint',
  },
  'l1-syncing': {
    level: 'error',
    means: 'The L1 client says itself that it is still syncing.',
    advice: 'Wait until it is in sync, or use another endpoint until then',
  },
  'l1-receipts-method': {
    level: 'warning',
    means:
      'The L1 endpoint does not have the method for receipts that `--l1.rpckind` stands for; a slower one is used.',
    advice: 'Set --l1.rpckind to what the endpoint is; standard and basic are known by most',
  },
  'l1-receipts-failed': {
    level: 'error',
    means:
      'Receipts of an L1 block cannot be had, or do not match the block: derivation would stand still.',
    advice: 'Try another --l1.rpckind, or another endpoint',
  },
  'l1-rate-limited': {
    level: 'warning',
    means: 'The L1 endpoint turned away one batch of calls as large as the node sends them.',
    advice:
      'Set --l1.rpc-rate-limit below what the endpoint allows, and --l1.rpc-max-batch-size lower',
  },
  'l1-batch-refused': {
    level: 'warning',
    means:
      'The L1 endpoint does not take batches of calls, which the node needs where it asks for each receipt.',
    advice: 'Set --l1.rpc-max-batch-size=1',
  },
  'l1-not-given': {
    level: 'warning',
    means: 'The node follows without an L1: nothing that a source says of L1 is checked.',
    advice: 'Give --l1 where there is one',
  },
  'da-server-missing': {
    level: 'error',
    means:
      'The chain keeps its batches on a DA server, and there is none to get them from: derivation would stand still.',
    advice: 'Give --altda.da-server',
  },
  'da-server-unreachable': {
    level: 'error',
    means: 'The DA server does not answer by HTTP.',
    advice: 'Start it, or correct --altda.da-server',
  },
  'beacon-missing': {
    level: 'error',
    softer: 'with --l1.beacon.ignore',
    means: 'The chain may put its data into blobs, and there is no beacon node to get them from.',
    advice: 'Give --l1.beacon',
  },
  'beacon-unreachable': {
    level: 'error',
    softer: 'with --l1.beacon.ignore',
    means: 'The beacon node does not answer, or answers with something else than the beacon API.',
    advice: 'Start it, or correct --l1.beacon (and --l1.beacon-header)',
  },
  'beacon-wrong-chain': {
    level: 'error',
    means:
      'The beacon node is of another chain than the L1 endpoint: its chain id or its slot times do not fit.',
    advice: 'Give the beacon node of the L1 in --l1',
  },
  'beacon-fallback-unreachable': {
    level: 'warning',
    means: 'A fallback for blobs does not answer.',
    advice: 'Start it, or correct --l1.beacon-fallbacks',
  },
  'blobs-gone': {
    level: 'error',
    means:
      'No beacon endpoint has the blobs that derivation starts with: they are older than it keeps them.',
    advice: 'Add a blob archive to --l1.beacon-fallbacks, or sync the execution engine first',
  },
  'blobs-unproven': {
    level: 'warning',
    means:
      'Derivation starts before what beacon nodes usually keep (18 days), and no blob was found to try it with.',
    advice: 'Have a blob archive in --l1.beacon-fallbacks',
  },
  'follow-unreachable': {
    level: 'error',
    softer: 'enough other sources can be followed',
    means: 'A follow source does not answer, or not usably.',
    advice: 'Start it, or correct --l2.follow.source',
  },
  'follow-wrong-chain': {
    level: 'error',
    softer: 'enough other sources can be followed',
    means: 'A follow source serves another chain than the rollup config.',
    advice: 'Remove it from --l2.follow.source',
  },
  'follow-stale': {
    level: 'warning',
    means: 'What a follow source says is how things were.',
    advice: 'See to that node, or add a further source',
  },
  'follow-behind': {
    level: 'warning',
    means: 'A follow source is more than a minute behind the best of them.',
    advice: 'See to that node; with --l2.follow.max-lag another one is taken',
  },
  'follow-quorum-unmet': {
    level: 'error',
    means: 'Fewer sources can be followed than must agree.',
    advice: 'Mend the sources above, or lower --l2.follow.quorum',
  },
  'follow-blocks-unreachable': {
    level: 'error',
    means:
      'The execution client that missing blocks are fetched from does not answer, or has another chain.',
    advice: 'Correct --l2.follow.blocks',
  },
  'clock-off': {
    level: 'error',
    softer: 'by less than 30 s',
    means: 'The clock of this machine is not what the servers of the endpoints have.',
    advice: 'Set the clocks by NTP',
  },
  'clock-behind': {
    level: 'error',
    means: 'A head is from the future: the clock of this machine is behind.',
    advice: 'Set the clock by NTP',
  },
  'port-taken': {
    level: 'error',
    means: 'Another program has the port that the node is to listen on.',
    advice: 'End that program, or take another port',
  },
  'port-of-node': {
    level: 'warning',
    means:
      'A node answers on our RPC port: the one that runs already, with these very flags perhaps.',
    advice: 'Stop it before this node is started',
  },
  'port-refused': {
    level: 'error',
    means: 'The system does not let the node listen there: it lacks the address, or the right.',
    advice: 'Take an address of this machine, and a port above 1023',
  },
  'ports-clash': {
    level: 'error',
    means: 'Two parts of the node are to listen on one port.',
    advice: 'Give one of them another port',
  },
  'path-unwritable': {
    level: 'error',
    means: 'A file or folder that the node keeps cannot be written, or made.',
    advice: 'Give the user of the node the right to write there, or take another path',
  },
  'disk-low': {
    level: 'error',
    softer: 'above 100 MiB',
    means: 'Little room is left on the disk that the node writes to.',
    advice: 'Make room',
  },
  'state-invalid': {
    level: 'error',
    means: 'The stored state of the sequencer cannot be used: the node would not start.',
    advice: 'Restore the file of --rpc.admin-state, or remove it',
  },
  'p2p-key-invalid': {
    level: 'error',
    means: 'The key of the peer-to-peer identity cannot be read, or is none.',
    advice: 'Make one with: slipstream p2p genkey',
  },
  'p2p-static-malformed': {
    level: 'error',
    means: 'An address of a static peer cannot be read: peer-to-peer would not start.',
    advice: 'Write it as /ip4/ADDRESS/tcp/PORT/p2p/PEER in --p2p.static',
  },
  'p2p-static-unreachable': {
    level: 'warning',
    means: 'A static peer does not take connections.',
    advice: 'See to that node and to the firewalls between; it is dialled again and again',
  },
  'p2p-static-outside': {
    level: 'warning',
    means:
      'A static peer is outside of the networks of `--p2p.netrestrict`, which bind only what is discovered.',
    advice: 'Nothing has to be done where it is to be dialled all the same',
  },
  'p2p-netrestrict-malformed': {
    level: 'error',
    means: 'A mask of `--p2p.netrestrict` cannot be read, and lets nobody in.',
    advice: 'Write it as ADDRESS/BITS, like 10.0.0.0/8',
  },
  'p2p-bootnode-malformed': {
    level: 'warning',
    means: 'A bootnode cannot be read, or its name does not resolve: it is left out.',
    advice: 'Write it as enr:... or enode://KEY@HOST:PORT in --p2p.bootnodes',
  },
  'p2p-bootnodes-unreachable': {
    level: 'warning',
    means: 'No bootnode takes TCP connections. Some only speak UDP, which is not tried.',
    advice: 'See to the network; no peers are found without bootnodes',
  },
  'p2p-bootnodes-outside': {
    level: 'error',
    means:
      'No bootnode is inside of the networks of `--p2p.netrestrict`: they are not asked, and nobody is found.',
    advice: 'Give bootnodes of those networks, or widen --p2p.netrestrict',
  },
  'signer-unknown': {
    level: 'warning',
    means: 'Who may sign blocks cannot be read from L1: blocks of peers would not be taken.',
    advice: 'Use an L1 endpoint that serves eth_getProof, or --l1.trustrpc',
  },
  'signer-unreachable': {
    level: 'error',
    means: 'The remote signer does not answer, or its TLS files cannot be read.',
    advice: 'Start it, or correct --signer.endpoint and --signer.tls.*',
  },
  'signer-wrong': {
    level: 'error',
    means: 'Blocks would be signed with another key than the chain wants: no peer takes them.',
    advice: 'Use the key of that address, or have the SystemConfig contract name ours',
  },
  'signer-none': {
    level: 'warning',
    means:
      'The node sequences among peers, and has nothing to sign its blocks with: they are not published.',
    advice: 'Give --p2p.sequencer.key, or --signer.endpoint with --signer.address',
  },
  'conductor-unreachable': {
    level: 'error',
    means: 'The conductor does not answer: the sequencer would not start.',
    advice: 'Start it, or correct --conductor.rpc',
  },
  'check-timed-out': {
    level: 'error',
    means: 'A check did not come to its end in time: what it asks is too slow to work with.',
    advice: 'See to the load and the network of what it names',
  },
  'check-failed': {
    level: 'error',
    means: 'A check failed in a way that was not planned for; a bug.',
    advice: 'Report it with this line',
  },
} as const satisfies Readonly<Record<string, FindingRow>>;

export type FindingCode = keyof typeof FINDINGS;
