import { describe, expect, it } from 'vitest';
import { followCheck } from '../../../src/doctor/checks/follow.js';
import { transportFailed } from '../../../src/transport/transportErrors.js';
import { wrongIn } from '../../support/doctorContext.js';
import { FakeExecutionNode } from '../../support/fakeExecutionNode.js';
import type { RpcHandler } from '../../support/fakeRpcClient.js';
import { ROLLUP_JSON, recordedDoctor } from '../../support/recordedDoctor.js';
import { readWorldJson } from '../../support/recordedWorld.js';

type Handlers = Readonly<Record<string, RpcHandler>>;

const STATUS = readWorldJson('forks', 'sync-status.json');
const ELSEWHERE = readWorldJson('adversarial', 'rollup.json');
const GOOD: Handlers = {
  optimism_syncStatus: () => STATUS,
  optimism_rollupConfig: () => ROLLUP_JSON,
};
const OTHER: Handlers = { ...GOOD, optimism_rollupConfig: () => ELSEWHERE };
const DOWN: Handlers = {
  optimism_syncStatus: () => {
    throw transportFailed('http://s', new Error('gone'));
  },
};

const follow = (sources: readonly Handlers[], ...flags: readonly string[]) => {
  const urls = sources.map((_, i) => `http://source-${i}`);
  const others = Object.fromEntries(urls.map((url, i) => [url, sources[i] ?? {}]));
  const execution = { 'http://blocks': new FakeExecutionNode('forks').rpc.handlers };
  return followCheck.run(
    recordedDoctor({
      flags: [`--l2.follow.source=${urls.join(',')}`, ...flags],
      others: { ...execution, ...others },
    }),
  );
};

/** The status of a source that many seconds behind the recorded one. */
function behind(seconds: number): Handlers {
  const late = (ref: unknown) => {
    const { timestamp, ...rest } = ref as { timestamp: number };
    return { ...rest, timestamp: timestamp - seconds };
  };
  const { safe_l2, local_safe_l2 } = STATUS;
  return {
    ...GOOD,
    optimism_syncStatus: () => ({
      ...STATUS,
      safe_l2: late(safe_l2),
      ...(local_safe_l2 !== undefined && { local_safe_l2: late(local_safe_l2) }),
    }),
  };
}

describe('the check of follow sources', () => {
  it('finds nothing wrong with a source of our chain', async () => {
    expect(wrongIn(await follow([GOOD]))).toEqual([]);
  });

  it('finds nothing wrong with an execution client of our chain', async () => {
    const node = new FakeExecutionNode('forks');
    Object.assign(node.tags, { safe: 20, finalized: 10 });
    expect(wrongIn(await follow([node.rpc.handlers]))).toEqual([]);
  });

  it.each([
    ['is down', DOWN, 'error follow-unreachable'],
    ['serves another chain', OTHER, 'error follow-wrong-chain'],
    ['answers nonsense', { optimism_syncStatus: () => 'x' }, 'error follow-unreachable'],
    ['offers nothing', {}, 'error follow-unreachable'],
    [
      'says what cannot be',
      {
        ...GOOD,
        optimism_syncStatus: () => ({
          ...STATUS,
          finalized_l2: STATUS.unsafe_l2,
          safe_l2: STATUS.finalized_l2,
        }),
      },
      'error follow-unreachable',
    ],
  ])('tells of a source that %s', async (_, source, expected) => {
    expect(wrongIn(await follow([source]))).toEqual([expected]);
  });

  it('only warns where another one can be followed', async () => {
    expect(wrongIn(await follow([DOWN, GOOD, OTHER]))).toEqual([
      'warning follow-unreachable',
      'warning follow-wrong-chain',
    ]);
  });

  it('tells how many of a quorum are missing', async () => {
    const findings = await follow([DOWN, GOOD, OTHER], '--l2.follow.quorum=2');
    expect(wrongIn(findings)).toEqual([
      'error follow-unreachable',
      'error follow-wrong-chain',
      'error follow-quorum-unmet',
    ]);
    expect(findings.at(-1)?.text).toBe('1 of 3 sources can be followed, 2 must agree');
  });

  it('warns of one that is more than a minute behind', async () => {
    expect(wrongIn(await follow([GOOD, behind(60)]))).toEqual([]);
    expect(wrongIn(await follow([GOOD, behind(61)]))).toEqual(['warning follow-behind']);
  });

  it.each([
    ['http://blocks', []],
    ['http://nothing', ['error follow-blocks-unreachable']],
  ])('asks where missing blocks come from: %s', async (url, expected) => {
    expect(wrongIn(await follow([GOOD], `--l2.follow.blocks=${url}`))).toEqual(expected);
  });

  it('says nothing on a node that does not follow', async () => {
    expect(await followCheck.run(recordedDoctor())).toEqual([]);
  });
});
