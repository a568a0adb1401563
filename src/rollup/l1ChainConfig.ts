import { isJsonObject } from './json.js';
import { JsonFields, type UnreadKey } from './jsonFields.js';
import { readJsonFile } from './jsonFile.js';

/** The blob parameters of an L1 fork; EIP-7840. */
export interface BlobParams {
  readonly target: bigint;
  readonly max: bigint;
  readonly baseFeeUpdateFraction: bigint;
}

/**
 * L1 forks that can change the blob parameters, oldest first: those that op-geth looks at, as the blob base fee is part of
 * each L2 block. It leaves Amsterdam out.
 */
export const BLOB_FORKS = [
  'cancun',
  'prague',
  'osaka',
  'bpo1',
  'bpo2',
  'bpo3',
  'bpo4',
  'bpo5',
] as const;

export type BlobFork = (typeof BLOB_FORKS)[number];

/** What else a chain config has: rules that its L2 does not feel. op-geth `params.ChainConfig`. */
const OTHER_KEYS = [
  ...[
    'homesteadBlock',
    'daoForkBlock',
    'daoForkSupport',
    'eip150Block',
    'eip155Block',
    'eip158Block',
  ],
  ...[
    'byzantiumBlock',
    'constantinopleBlock',
    'petersburgBlock',
    'istanbulBlock',
    'muirGlacierBlock',
  ],
  ...['berlinBlock', 'londonBlock', 'arrowGlacierBlock', 'grayGlacierBlock', 'mergeNetsplitBlock'],
  ...['shanghaiTime', 'amsterdamTime', 'verkleTime', 'enableVerkleAtGenesis'],
  ...['terminalTotalDifficulty', 'terminalTotalDifficultyPassed', 'depositContractAddress'],
  ...['ethash', 'clique', 'bedrockBlock', 'regolithTime', 'canyonTime', 'ecotoneTime'],
  ...[
    'fjordTime',
    'graniteTime',
    'holoceneTime',
    'isthmusTime',
    'jovianTime',
    'karstTime',
    'lagoonTime',
  ],
];

/** What the node needs to know of the L1's rules; go-ethereum `params.ChainConfig`. */
export interface L1ChainConfig {
  readonly chainId: bigint;
  /** Activation in L1 (Unix) seconds; absent means never. */
  readonly forkTimes: { readonly [F in BlobFork]?: bigint };
  /** Null only where the L1 is itself an OP Stack chain. A fork without an entry keeps the parameters of the one before. */
  readonly blobSchedule: { readonly [F in BlobFork]?: BlobParams } | null;
}

/**
 * Reads `--rollup.l1-chain-config`: a geth chain config, or a genesis file with one under `config`.
 * Differs: op-node refuses unknown keys in a chain config, but a new L1 fork's name should not stop a node.
 * @param unread gets the keys that op-geth does not know either.
 * @throws NodeError CONFIG_INVALID (critical), one line for each problem.
 * Spec: op-node `service.go` NewL1ChainConfig.
 */
export function parseL1ChainConfig(text: string, unread: UnreadKey[] = []): L1ChainConfig {
  return readJsonFile(text, (file, problems) => {
    const inner = file.config;
    const isGenesis = file.chainId === undefined && isJsonObject(inner);
    const fields = new JsonFields(isGenesis ? inner : file, isGenesis ? 'config' : '', problems);
    const config = readChainConfig(fields, problems);
    unread.push(...fields.unread());
    return config;
  });
}

function readChainConfig(fields: JsonFields, problems: string[]): L1ChainConfig {
  fields.passOver(OTHER_KEYS);
  const chainId = fields.integer('chainId');
  if (chainId <= 0n) problems.push('chainId: expected the chain id of the L1, above 0');
  const times: { -readonly [F in BlobFork]?: bigint } = {};
  for (const fork of BLOB_FORKS) {
    const time = fields.optionalUint(`${fork}Time`);
    if (time !== undefined) times[fork] = time;
  }
  const schedule = fields.optionalChild('blobSchedule');
  const optimism = fields.optionalChild('optimism');
  optimism?.keys();
  if (schedule === null && optimism === null) {
    problems.push('blobSchedule: missing, expected the blob parameters of the L1 forks');
  }
  return {
    chainId,
    forkTimes: times,
    blobSchedule: schedule === null ? null : readSchedule(schedule),
  };
}

function readSchedule(fields: JsonFields): { readonly [F in BlobFork]?: BlobParams } {
  fields.passOver(['amsterdam', 'verkle']);
  const schedule: { -readonly [F in BlobFork]?: BlobParams } = {};
  for (const fork of BLOB_FORKS) {
    const entry = fields.optionalChild(fork);
    if (entry === null) continue;
    schedule[fork] = {
      target: entry.uint('target'),
      max: entry.uint('max'),
      baseFeeUpdateFraction: entry.uint('baseFeeUpdateFraction'),
    };
  }
  return schedule;
}
