import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRollupConfig } from '../../../src/rollup/config.js';
import { rollupConfigJson } from '../../../src/rollup/rollupConfigJson.js';
import { ROLLUP } from '../../support/configFiles.js';

/** What the recorded op-node answered to optimism_rollupConfig. */
function recordedAnswer(world: string): string {
  const lines = readFileSync(`conformance/worlds/${world}/golden.jsonl`, 'utf8').split('\n');
  const line = lines.find((text) => text.includes('"name":"optimism/rollupConfig"')) ?? '';
  const body = (JSON.parse(line) as { response: { body: string } }).response.body;
  const match = /"result":(.*)\}\n$/.exec(body);
  return match?.[1] ?? '';
}

describe('rollupConfigJson', () => {
  it.each(['forks', 'adversarial'])('answers as recorded in the world %s', (world) => {
    const config = parseRollupConfig(
      readFileSync(`conformance/worlds/${world}/rollup.json`, 'utf8'),
    );
    expect(rollupConfigJson(config)).toBe(recordedAnswer(world));
  });

  it('is read back as the same config', () => {
    const config = parseRollupConfig(
      JSON.stringify({
        ...ROLLUP,
        karst_time: 1,
        lagoon_time: 2,
        pectra_blob_schedule_time: 3,
        keep_karst_upgrade_gas: true,
        alt_da: { da_commitment_type: 'GenericCommitment', da_challenge_window: 4 },
      }),
    );
    expect(parseRollupConfig(rollupConfigJson(config))).toEqual(config);
  });

  it("keeps op-node's order of keys, and leaves out what is not set", () => {
    const config = parseRollupConfig(
      JSON.stringify({
        ...ROLLUP,
        karst_time: 1,
        lagoon_time: 2,
        pectra_blob_schedule_time: 3,
        keep_karst_upgrade_gas: true,
        alt_da: {},
      }),
    );
    const keys = Object.keys(JSON.parse(rollupConfigJson(config)) as object);
    expect(keys.slice(0, 8)).toEqual([
      'genesis',
      'block_time',
      'max_sequencer_drift',
      'seq_window_size',
      'channel_timeout',
      'l1_chain_id',
      'l2_chain_id',
      'regolith_time',
    ]);
    expect(keys.slice(-10)).toEqual([
      'jovian_time',
      'karst_time',
      'keep_karst_upgrade_gas',
      'lagoon_time',
      'batch_inbox_address',
      'deposit_contract_address',
      'l1_system_config_address',
      'chain_op_config',
      'alt_da',
      'pectra_blob_schedule_time',
    ]);
    const bare = rollupConfigJson(
      parseRollupConfig(JSON.stringify({ ...ROLLUP, chain_op_config: null, jovian_time: null })),
    );
    expect(bare).not.toMatch(/keep_karst|karst|jovian|interop|lagoon|alt_da|pectra|chain_op|null/);
  });

  it('writes the old name of Lagoon as the new one', () => {
    const config = parseRollupConfig(JSON.stringify({ ...ROLLUP, interop_time: 2 }));
    expect(rollupConfigJson(config)).toContain('"jovian_time":0,"lagoon_time":2,"batch_inbox');
  });

  it('writes integers beyond 2^53 with all their digits', () => {
    const config = parseRollupConfig(JSON.stringify(ROLLUP));
    const text = rollupConfigJson({ ...config, l2ChainId: 2n ** 200n });
    expect(text).toContain(`"l2_chain_id":${2n ** 200n}`);
  });
});
