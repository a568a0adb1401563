import type { BlockId } from '../types/block.js';
import { JsonFields, type UnreadKey } from './jsonFields.js';
import { readJsonFile } from './jsonFile.js';
import type {
  AltDaConfig,
  ChainOpConfig,
  ForkTimes,
  RollupConfig,
  SystemConfig,
} from './rollupConfig.js';

/** The JSON key of each fork time, in the order that op-node writes them. */
export const FORK_TIME_KEYS = [
  ['regolith', 'regolith_time'],
  ['canyon', 'canyon_time'],
  ['delta', 'delta_time'],
  ['ecotone', 'ecotone_time'],
  ['fjord', 'fjord_time'],
  ['granite', 'granite_time'],
  ['holocene', 'holocene_time'],
  ['isthmus', 'isthmus_time'],
  ['jovian', 'jovian_time'],
  ['karst', 'karst_time'],
  ['lagoon', 'lagoon_time'],
  ['pectraBlobSchedule', 'pectra_blob_schedule_time'],
] as const satisfies readonly (readonly [keyof ForkTimes, string])[];

/** Keys that op-node had once, or that other implementations write, and that change nothing. */
const RETIRED_KEYS = [
  'blobs_data',
  'channel_timeout_granite',
  'fjord_max_sequencer_drift',
  'granite_channel_timeout',
  'interop_message_expiry_window',
  'override_message_expiry_time_interop',
  'protocol_versions_address',
  'superchain_config_address',
];

/** The parts of the fee settings under their own names, which other implementations write beside `scalar` and the others. */
const RETIRED_SYSTEM_CONFIG_KEYS = [
  'baseFeeScalar',
  'blobBaseFeeScalar',
  'eip1559Denominator',
  'eip1559Elasticity',
  'operatorFeeConstant',
  'operatorFeeScalar',
];
/** Keys of older files for a fork time; the fork's own key goes before them. op-node `rollup/types.go` UnmarshalJSON. */
export const FORK_TIME_ALIASES = [
  ['lagoon', 'interop_time'],
] as const satisfies readonly (readonly [keyof ForkTimes, string])[];

/**
 * Reads a `rollup.json`: strict types, unknown keys tolerated, missing fields zero. It is not yet checked: see `checkRollupConfig`.
 * @param unread gets the keys that mean nothing to any node.
 * @throws NodeError CONFIG_INVALID (critical): not JSON, or fields of the wrong type, all of them, one line each.
 * Spec: op-node `rollup/types.go` ParseRollupConfig.
 */
export function parseRollupConfig(text: string, unread: UnreadKey[] = []): RollupConfig {
  return readJsonFile(text, (file, problems) => {
    const fields = new JsonFields(file, '', problems);
    const config = readConfig(fields);
    unread.push(...fields.unread());
    return config;
  });
}

function readConfig(fields: JsonFields): RollupConfig {
  fields.passOver(RETIRED_KEYS);
  const genesis = fields.child('genesis');
  return {
    genesis: {
      l1: readBlockId(genesis.child('l1')),
      l2: readBlockId(genesis.child('l2')),
      l2Time: genesis.uint('l2_time'),
      systemConfig: readSystemConfig(genesis.child('system_config')),
    },
    blockTime: fields.uint('block_time'),
    maxSequencerDrift: fields.uint('max_sequencer_drift'),
    seqWindowSize: fields.uint('seq_window_size'),
    channelTimeout: fields.uint('channel_timeout'),
    l1ChainId: fields.integer('l1_chain_id'),
    l2ChainId: fields.integer('l2_chain_id'),
    forks: readForks(fields),
    batchInboxAddress: fields.hex('batch_inbox_address', 20),
    depositContractAddress: fields.hex('deposit_contract_address', 20),
    l1SystemConfigAddress: fields.hex('l1_system_config_address', 20),
    altDa: readAltDa(fields.optionalChild('alt_da')),
    chainOpConfig: readChainOpConfig(fields.optionalChild('chain_op_config')),
    keepKarstUpgradeGas: fields.bool('keep_karst_upgrade_gas'),
  };
}

function readBlockId(fields: JsonFields): BlockId {
  return { hash: fields.hex('hash', 32), number: fields.uint('number') };
}

function readSystemConfig(fields: JsonFields): SystemConfig {
  fields.passOver(RETIRED_SYSTEM_CONFIG_KEYS);
  return {
    batcherAddr: fields.hex('batcherAddr', 20),
    overhead: fields.hex('overhead', 32),
    scalar: fields.hex('scalar', 32),
    gasLimit: fields.uint('gasLimit'),
    eip1559Params: fields.hex('eip1559Params', 8),
    operatorFeeParams: fields.hex('operatorFeeParams', 32),
    minBaseFee: fields.uint('minBaseFee'),
    daFootprintGasScalar: Number(fields.uint('daFootprintGasScalar', 16)),
  };
}

function readForks(fields: JsonFields): ForkTimes {
  const times: { -readonly [K in keyof ForkTimes]: bigint } = {};
  for (const [fork, key] of [...FORK_TIME_ALIASES, ...FORK_TIME_KEYS]) {
    const time = fields.optionalUint(key);
    if (time !== undefined) times[fork] = time;
  }
  return times;
}

function readAltDa(fields: JsonFields | null): AltDaConfig | null {
  if (fields === null) return null;
  return {
    daChallengeAddress: fields.hex('da_challenge_contract_address', 20),
    daCommitmentType: fields.string('da_commitment_type'),
    daChallengeWindow: fields.uint('da_challenge_window'),
    daResolveWindow: fields.uint('da_resolve_window'),
  };
}

function readChainOpConfig(fields: JsonFields | null): ChainOpConfig | null {
  if (fields === null) return null;
  return {
    eip1559Elasticity: fields.uint('eip1559Elasticity'),
    eip1559Denominator: fields.uint('eip1559Denominator'),
    eip1559DenominatorCanyon: fields.optionalUint('eip1559DenominatorCanyon') ?? null,
  };
}
