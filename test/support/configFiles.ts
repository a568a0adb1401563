import type { ReadFile } from '../../config/readConfigFile.js';

/** A rollup.json that every rule accepts; all forks up to Jovian from genesis, L1 not built in. */
export const ROLLUP = {
  genesis: {
    l1: { hash: `0x${'11'.repeat(32)}`, number: 7 },
    l2: { hash: `0x${'22'.repeat(32)}`, number: 0 },
    l2_time: 1_700_000_000,
    system_config: {
      batcherAddr: `0x${'33'.repeat(20)}`,
      overhead: `0x${'00'.repeat(32)}`,
      scalar: `0x${'00'.repeat(31)}01`,
      gasLimit: 30_000_000,
    },
  },
  block_time: 2,
  max_sequencer_drift: 600,
  seq_window_size: 200,
  channel_timeout: 60,
  l1_chain_id: 900,
  l2_chain_id: 901,
  regolith_time: 0,
  canyon_time: 0,
  delta_time: 0,
  ecotone_time: 0,
  fjord_time: 0,
  granite_time: 0,
  holocene_time: 0,
  isthmus_time: 0,
  jovian_time: 0,
  batch_inbox_address: `0x${'44'.repeat(20)}`,
  deposit_contract_address: `0x${'55'.repeat(20)}`,
  l1_system_config_address: `0x${'66'.repeat(20)}`,
  chain_op_config: {
    eip1559Elasticity: 6,
    eip1559Denominator: 50,
    eip1559DenominatorCanyon: 250,
  },
};

export const L1_CHAIN = {
  chainId: 900,
  londonBlock: 0,
  cancunTime: 0,
  pragueTime: 0,
  blobSchedule: {
    cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
    prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  },
};

/** Reads from a table of file names and contents; objects are written as JSON. Other names do not exist. */
export function filesOf(files: Readonly<Record<string, unknown>>): ReadFile {
  return (path) => {
    const content = files[path];
    if (content === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
    return typeof content === 'string' ? content : JSON.stringify(content);
  };
}

/** The files that `BASE_ARGS` name. */
export const BASE_FILES = { 'rollup.json': ROLLUP, 'l1.json': L1_CHAIN };

/** The fewest flags that a node on the chain above needs. */
export const BASE_ARGS = [
  '--l1=http://127.0.0.1:8545',
  '--l2=http://127.0.0.1:8551',
  '--l2.jwt-secret=jwt.txt',
  '--l1.beacon=http://127.0.0.1:5052',
  '--rollup.config=rollup.json',
  '--rollup.l1-chain-config=l1.json',
];
