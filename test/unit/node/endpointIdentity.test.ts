import { describe, expect, it } from 'vitest';
import { checkL1Identity, checkL2Identity } from '../../../src/node/endpointIdentity.js';
import type { RollupConfig } from '../../../src/rollup/rollupConfig.js';
import type { Logger } from '../../../src/telemetry/logger.js';
import type { Hash } from '../../../src/types/block.js';
import { ZERO_L1_REF } from '../../../src/types/block.js';

const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;
const config = {
  l1ChainId: 900n,
  l2ChainId: 901n,
  genesis: { l1: { hash: hash(1), number: 7n }, l2: { hash: hash(2), number: 3n } },
} as RollupConfig;
const signal = new AbortController().signal;

function l1(chainId: bigint, genesis: Hash | null) {
  return {
    chainId: async () => chainId,
    l1BlockRefByNumber: async (number: bigint) =>
      genesis === null ? null : { ...ZERO_L1_REF, number, hash: genesis },
  };
}
function l2(chainId: bigint, genesis: Hash | null) {
  return {
    chainId: async () => chainId,
    blockHashByNumber: async () => genesis,
  };
}
function warnings(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: { warn: (m: string) => lines.push(m) } as unknown as Logger };
}

describe('checkL1Identity', () => {
  it('accepts the configured chain', async () => {
    const { log, lines } = warnings();
    await checkL1Identity(config, l1(900n, hash(1)), log, signal);
    expect(lines).toEqual([]);
  });

  it('refuses another chain id and another genesis, naming both values', async () => {
    const { log } = warnings();
    await expect(checkL1Identity(config, l1(1n, hash(1)), log, signal)).rejects.toMatchObject({
      code: 'NODE_WRONG_CHAIN',
      severity: 'critical',
      message: 'incorrect L1 RPC chain id 1, expected 900',
    });
    await expect(checkL1Identity(config, l1(900n, hash(9)), log, signal)).rejects.toThrow(
      `incorrect L1 genesis block hash ${hash(9)}, expected ${hash(1)}`,
    );
  });

  it('goes on with a warning where the genesis block is pruned', async () => {
    const { log, lines } = warnings();
    await checkL1Identity(config, l1(900n, null), log, signal);
    expect(lines).toEqual(['L1 genesis block not found, skipping validity check']);
  });
});

describe('checkL2Identity', () => {
  it('refuses another chain id, another genesis and a missing genesis', async () => {
    const check = (chainId: bigint, genesis: Hash | null) =>
      checkL2Identity(config, l2(chainId, genesis), { skipGenesis: false }, signal);
    await check(901n, hash(2));
    await expect(check(900n, hash(2))).rejects.toThrow('incorrect L2 RPC chain id 900');
    await expect(check(901n, hash(9))).rejects.toThrow('incorrect L2 genesis block hash');
    await expect(check(901n, null)).rejects.toThrow('L2 genesis block 3 not found');
  });

  it('does not ask for the genesis block in execution-layer mode, but still for the chain id', async () => {
    const skip = { skipGenesis: true };
    await checkL2Identity(config, l2(901n, null), skip, signal);
    await expect(checkL2Identity(config, l2(5n, null), skip, signal)).rejects.toThrow('chain id 5');
  });
});
