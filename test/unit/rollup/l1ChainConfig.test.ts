import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/errors/nodeError.js';
import type { UnreadKey } from '../../../src/rollup/jsonFields.js';
import { isMissingPectraBlobSchedule, knownL1Chain } from '../../../src/rollup/knownL1Chains.js';
import { BLOB_FORKS, parseL1ChainConfig } from '../../../src/rollup/l1ChainConfig.js';
import { L1_CHAIN } from '../../support/configFiles.js';

function problemsOf(value: unknown): readonly string[] {
  try {
    parseL1ChainConfig(typeof value === 'string' ? value : JSON.stringify(value));
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message.split('\n');
  }
  return [];
}

const EXPECTED = {
  chainId: 900n,
  forkTimes: { cancun: 0n, prague: 0n },
  blobSchedule: {
    cancun: { target: 3n, max: 6n, baseFeeUpdateFraction: 3_338_477n },
    prague: { target: 6n, max: 9n, baseFeeUpdateFraction: 5_007_716n },
  },
};

describe('parseL1ChainConfig', () => {
  it('reads a chain config, and a genesis file with one', () => {
    expect(parseL1ChainConfig(JSON.stringify(L1_CHAIN))).toEqual(EXPECTED);
    const genesis = { config: L1_CHAIN, nonce: '0x0', alloc: {} };
    expect(parseL1ChainConfig(JSON.stringify(genesis))).toEqual(EXPECTED);
  });

  it('reads the recorded worlds', () => {
    const text = readFileSync('conformance/worlds/forks/l1-chain-config.json', 'utf8');
    expect(parseL1ChainConfig(text)).toEqual(EXPECTED);
  });

  it('reads every fork that can change blob parameters', () => {
    const params = { target: 1, max: 2, baseFeeUpdateFraction: 3 };
    const config = parseL1ChainConfig(
      JSON.stringify({
        chainId: 5,
        ...Object.fromEntries(BLOB_FORKS.map((fork, i) => [`${fork}Time`, i])),
        blobSchedule: Object.fromEntries(BLOB_FORKS.map((fork) => [fork, params])),
      }),
    );
    expect(Object.keys(config.forkTimes)).toEqual([...BLOB_FORKS]);
    expect(Object.keys(config.blobSchedule ?? {})).toEqual([...BLOB_FORKS]);
    expect(config.forkTimes.bpo5).toBe(7n);
  });

  it('needs a blob schedule, unless the L1 is an OP Stack chain', () => {
    const { blobSchedule: _, ...without } = L1_CHAIN;
    expect(problemsOf(without)).toEqual([
      'blobSchedule: missing, expected the blob parameters of the L1 forks',
    ]);
    const opStack = { ...without, optimism: { eip1559Elasticity: 6, eip1559Denominator: 50 } };
    expect(parseL1ChainConfig(JSON.stringify(opStack)).blobSchedule).toBeNull();
  });

  it('lists every problem', () => {
    expect(problemsOf({ cancunTime: 'x', blobSchedule: { cancun: { target: -1 } } })).toEqual([
      'chainId: expected the chain id of the L1, above 0',
      'cancunTime: "x": expected a whole number of at most 64 bits',
      'blobSchedule.cancun.target: -1: expected a whole number of at most 64 bits',
    ]);
    expect(problemsOf({ config: { chainId: 0, blobSchedule: {} } })).toEqual([
      'chainId: expected the chain id of the L1, above 0',
    ]);
    expect(problemsOf('[]')).toEqual(['expected a JSON object']);
    expect(problemsOf('nope')[0]).toMatch(/^not JSON: /);
  });
});

describe('the keys of an L1 chain config that nobody reads', () => {
  const unreadOf = (value: unknown): readonly string[] => {
    const unread: UnreadKey[] = [];
    parseL1ChainConfig(JSON.stringify(value), unread);
    return unread.map(({ name }) => name);
  };

  it('are named where op-geth does not know them either', () => {
    const cancun = { ...L1_CHAIN.blobSchedule.cancun, tarjet: 3 };
    const known = { homesteadBlock: 0, terminalTotalDifficulty: 0, clique: { period: 1 } };
    const config = {
      ...{ ...L1_CHAIN, ...known, optimism: { eip1559Elasticity: 6 } },
      pragueTiem: 1,
      blobSchedule: { ...L1_CHAIN.blobSchedule, cancun, amsterdam: cancun, bpo6: cancun },
    };
    const names = ['pragueTiem', 'blobSchedule.bpo6', 'blobSchedule.cancun.tarjet'];
    expect(unreadOf(config)).toEqual(names);
    expect(unreadOf({ config, alloc: {} })).toEqual(names.map((name) => `config.${name}`));
  });
});

describe('knownL1Chain', () => {
  it('knows Mainnet, Sepolia, Holesky and Hoodi, up to BPO2', () => {
    const prague = [1n, 11_155_111n, 17_000n, 560_048n].map(
      (id) => knownL1Chain(id)?.forkTimes.prague,
    );
    expect(prague).toEqual([1_746_612_311n, 1_741_159_776n, 1_740_434_112n, 1_742_999_832n]);
    expect(knownL1Chain(1n)?.blobSchedule?.bpo2).toEqual({
      target: 14n,
      max: 21n,
      baseFeeUpdateFraction: 11_684_671n,
    });
    expect(knownL1Chain(5n)).toBeNull();
  });
});

describe('isMissingPectraBlobSchedule', () => {
  it.each<[boolean, bigint, bigint, bigint | undefined]>([
    [true, 11_155_111n, 1_741_159_776n, undefined],
    [false, 11_155_111n, 1_741_159_777n, undefined],
    [false, 11_155_111n, 1n, 5n],
    [true, 17_000n, 1_740_434_112n, undefined],
    [false, 17_000n, 1_740_434_113n, undefined],
    [false, 1n, 1n, undefined],
    [false, 560_048n, 1n, undefined],
  ])('is %s on L1 %d, genesis %d', (expected, l1ChainId, genesis, time) => {
    expect(isMissingPectraBlobSchedule(l1ChainId, genesis, time)).toBe(expected);
  });
});
