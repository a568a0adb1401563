import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import type { MatchConfig } from '../../../src/engine/attributesMatch.js';
import { attributesMismatch } from '../../../src/engine/attributesMatch.js';
import { parseRollupConfig } from '../../../src/rollup/config.js';
import { rpcBlockToPayload } from '../../../src/rollup/rpcPayload.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
} from '../../../src/types/payload.js';
import { hashOf } from '../../support/l2Chain.js';
import { recordedAttributes } from '../../support/recordedAttributes.js';
import { readWorldJson, readWorldLines } from '../../support/recordedWorld.js';

interface Pair {
  readonly attributes: PayloadAttributes;
  readonly envelope: ExecutionPayloadEnvelope;
}

const config: MatchConfig = parseRollupConfig(
  JSON.stringify(readWorldJson('forks', 'rollup.json')),
);

/** Recorded attributes with the block that they gave, where the sequencer had made the same one. */
function recordedPairs(): Pair[] {
  const blocks = new Map(
    readWorldLines('forks', 'l2-unsafe.jsonl.gz').map((block) => [block.hash, block]),
  );
  return readWorldLines('forks', 'derived.jsonl.gz').flatMap((line) => {
    const block = blocks.get(line.hash);
    if (block === undefined) return [];
    return [
      {
        attributes: recordedAttributes(line.attributes),
        envelope: rpcBlockToPayload(block),
      },
    ];
  });
}

const pairs = recordedPairs();
const pairOf = (isWanted: (pair: Pair) => boolean): Pair => {
  const pair = pairs.find(isWanted);
  if (pair === undefined) throw new Error('no such recorded block');
  return pair;
};
const canyon = pairOf((p) => p.envelope.parentBeaconBlockRoot === undefined);
const ecotone = pairOf(
  (p) => p.envelope.parentBeaconBlockRoot !== undefined && p.attributes.eip1559Params === undefined,
);
const holocene = pairOf(
  (p) => p.attributes.eip1559Params !== undefined && p.attributes.minBaseFee === undefined,
);
const isthmus = pairOf((p) => p.envelope.executionPayload.withdrawalsRoot !== undefined);
const jovian = pairOf((p) => p.attributes.minBaseFee !== undefined);

function mismatch(
  { attributes, envelope }: Pair,
  change: {
    attributes?: Record<string, unknown>;
    block?: Partial<ExecutionPayload>;
    root?: Hex;
    parent?: Hex;
    config?: MatchConfig;
  } = {},
): string | null {
  const executionPayload = { ...envelope.executionPayload, ...change.block };
  const root = change.root ?? envelope.parentBeaconBlockRoot;
  return attributesMismatch(
    change.config ?? config,
    { ...attributes, ...change.attributes } as PayloadAttributes,
    change.parent ?? envelope.executionPayload.parentHash,
    { executionPayload, ...(root !== undefined && { parentBeaconBlockRoot: root }) },
  );
}

describe('attributes matching', () => {
  it('matches every recorded block with the attributes that gave it', () => {
    expect(pairs.length).toBeGreaterThan(100);
    for (const pair of pairs) expect(mismatch(pair)).toBeNull();
  });

  it.each([
    ['parent hash', () => mismatch(canyon, { parent: hashOf('other') })],
    ['timestamp', () => mismatch(canyon, { attributes: { timestamp: 1n } })],
    ['random', () => mismatch(canyon, { attributes: { prevRandao: hashOf('r') } })],
    ['transaction count', () => mismatch(canyon, { attributes: { transactions: [] } })],
    [
      'transaction 0',
      () =>
        mismatch(canyon, {
          attributes: { transactions: canyon.attributes.transactions.map(() => '0x7e00') },
        }),
    ],
    ['gas limit', () => mismatch(canyon, { attributes: { gasLimit: 1n } })],
    ['bedrock', () => mismatch(canyon, { config: { ...config, forks: {} } })],
    ['canyon', () => mismatch(canyon, { attributes: { withdrawals: undefined } })],
    [
      'canyon',
      () =>
        mismatch(canyon, {
          block: {
            withdrawals: [
              { index: 0n, validatorIndex: 0n, address: `0x${'00'.repeat(20)}`, amount: 1n },
            ],
          },
        }),
    ],
    ['canyon', () => mismatch(canyon, { block: { withdrawalsRoot: hashOf('root') } })],
    ['parent beacon block root', () => mismatch(ecotone, { root: hashOf('root') })],
    [
      'parent beacon block root',
      () => mismatch(ecotone, { attributes: { parentBeaconBlockRoot: undefined } }),
    ],
    ['fee recipient', () => mismatch(ecotone, { block: { feeRecipient: `0x${'00'.repeat(20)}` } })],
    ['no EIP-1559 params', () => mismatch(ecotone, { block: { extraData: '0x01' } })],
    [
      'EIP-1559 denominator',
      () => mismatch(holocene, { attributes: { eip1559Params: '0x0000000100000001' } }),
    ],
    [
      'invalid attributes EIP-1559',
      () => mismatch(holocene, { attributes: { eip1559Params: '0x0000000000000001' } }),
    ],
    ['invalid block extraData', () => mismatch(holocene, { block: { extraData: '0x00' } })],
    [
      'invalid block extraData',
      () => mismatch(holocene, { block: { extraData: `0x01${'00000001'.repeat(2)}` } }),
    ],
    [
      'invalid block extraData',
      () => mismatch(holocene, { block: { extraData: `0x00${'00'.repeat(8)}` } }),
    ],
    [
      'invalid block extraData',
      () => mismatch(holocene, { block: { extraData: `0x00${'00'.repeat(4)}00000001` } }),
    ],
    [
      'invalid block extraData',
      () => mismatch(holocene, { block: { extraData: `0x0000000001${'00'.repeat(4)}` } }),
    ],
    ['minBaseFee', () => mismatch(jovian, { attributes: { minBaseFee: 7n } })],
    ['minBaseFee', () => mismatch(jovian, { attributes: { minBaseFee: undefined } })],
  ])('says that the %s differs', (what, check) => {
    expect(check()).toContain(what);
  });

  it('wants a withdrawals root from Isthmus', () => {
    const { withdrawalsRoot, ...bare } = isthmus.envelope.executionPayload;
    expect(withdrawalsRoot).toBeDefined();
    const envelope = { ...isthmus.envelope, executionPayload: bare };
    expect(mismatch({ ...isthmus, envelope })).toContain('isthmus');
  });

  it('reads zero parameters as the constants from before Holocene', () => {
    const zero = { eip1559Params: '0x0000000000000000' };
    const chainOpConfig = {
      eip1559Elasticity: 6n,
      eip1559Denominator: 50n,
      eip1559DenominatorCanyon: 250n,
    };
    const extraData: Hex = `0x00${(250).toString(16).padStart(8, '0')}${'6'.padStart(8, '0')}`;
    const change = { attributes: zero, block: { extraData } };
    expect(mismatch(holocene, { ...change, config: { ...config, chainOpConfig } })).toBeNull();
    const without = { ...config, chainOpConfig: null };
    expect(mismatch(holocene, { ...change, config: without })).toContain('constants');
  });

  it('names the setting where the gas limit differs at Karst', () => {
    const { timestamp } = jovian.envelope.executionPayload;
    const at = (karst: bigint) => ({ ...config, forks: { ...config.forks, karst } });
    const change = { attributes: { gasLimit: 1n } };
    for (const karst of [timestamp, timestamp - config.blockTime]) {
      expect(mismatch(jovian, { ...change, config: at(karst) })).toContain(
        'keep_karst_upgrade_gas',
      );
    }
    const later = at(timestamp - 2n * config.blockTime);
    expect(mismatch(jovian, { ...change, config: later })).not.toContain('karst');
  });
});
