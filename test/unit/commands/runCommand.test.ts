import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { networkNames } from '../../../config/networkNames.js';
import type { Env } from '../../../config/readEnv.js';
import { runCommand } from '../../../src/commands/runCommand.js';

/** What op-node v1.19.0 has for some of its networks, compact. */
const REFERENCE = JSON.parse(
  readFileSync('test/fixtures/network-rollup-configs.json', 'utf8'),
) as Readonly<Record<string, string>>;

const run = (line: string, env: Env = {}, input = '') =>
  runCommand(line === '' ? [] : line.split(' '), { env, readInput: async () => input });

describe('networks', () => {
  it.each(Object.entries(REFERENCE))('prints %s as op-node does', async (name, json) => {
    const args = `networks dump-rollup-config --network=${name}`;
    const { text, isFailure } = await run(`${args} --override.keep-karst-upgrade-gas=false`);
    expect(isFailure).toBe(false);
    expect(text).toBe(JSON.stringify(JSON.parse(json), null, 2));
  });

  it('takes the network and overrides from the environment, numbers of any size', async () => {
    const { text } = await run('networks dump-rollup-config', {
      OP_NODE_NETWORK: 'op-sepolia',
      OP_NODE_OVERRIDE_KARST: '18446744073709551615',
    });
    expect(text).toContain('\n  "karst_time": 18446744073709551615,\n');
  });

  it('says what is missing or wrong', async () => {
    expect(await run('networks dump-rollup-config')).toEqual({
      text: 'slipstream: must specify a network name',
      isFailure: true,
    });
    expect(await run('networks dump-rollup-config --network nope')).toEqual({
      text: 'slipstream: invalid network: "nope"',
      isFailure: true,
    });
    const { text } = await run('networks dump-rollup-config --netwok=op-mainnet');
    expect(text).toContain('did you mean --network?');
  });

  it('lists the names', async () => {
    expect((await run('networks list')).text.split('\n')).toEqual(networkNames());
  });
});

describe('doc metrics', () => {
  const UP = 'op_node_default_up';

  it('prints markdown and JSON, each metric once', async () => {
    const lines = (await run('doc metrics')).text.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      ' Metric | Description | Labels | Type ',
      '---|---|---|---',
    ]);
    expect(lines).toContain(` ${UP} | 1 if the op node has finished starting up |  | gauge `);
    const json = JSON.parse((await run('doc metrics --format=json')).text) as { name: string }[];
    expect(json).toHaveLength(lines.length - 2);
    expect(new Set(json.map(({ name }) => name)).size).toBe(json.length);
    expect(json).toContainEqual({
      type: 'gauge',
      name: UP,
      help: '1 if the op node has finished starting up',
      labels: null,
    });
  });

  it('knows no other format', async () => {
    expect(await run('doc metrics --format foo')).toEqual({
      text: 'slipstream: invalid format: foo',
      isFailure: true,
    });
  });
});

describe('commands', () => {
  it.each([
    ['networks', false],
    ['networks --help', false],
    ['networks dump-rollup-config -h', false],
    ['networks foo', true],
    ['doc', false],
    ['doc help', false],
    ['doc foo', true],
  ])('shows how it is used: %s', async (line, isFailure) => {
    const result = await run(line);
    expect(result.isFailure).toBe(isFailure);
    expect(result.text).toMatch(/^Usage: slipstream (?:networks|doc) COMMAND\n/);
  });

  it('says that it makes no chains', async () => {
    expect(await run('genesis l2 --outfile.l2 x')).toMatchObject({ isFailure: true });
  });

  it('has the commands for keys', async () => {
    const result = await run('p2p priv2id', {}, '1'.padStart(64, '0'));
    expect(result.text).toBe('16Uiu2HAm3cuhhRL2msUuLF62KRSfneFDx94RsuouyW25Ho42cFMq');
  });
});
