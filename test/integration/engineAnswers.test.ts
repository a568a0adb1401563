import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../../conformance/world.js';
import { engine, fillOpGeth } from '../../devnet/engineApi.js';
import type { EngineNode } from '../../devnet/engineNode.js';
import { type EngineKind, enginesHere, startEngine } from '../../devnet/engines.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { worldPath } from '../support/recordedWorld.js';

/** An answer with its error or result, or with both absent for a result of null. */
interface RecordedAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

interface RecordedQuestion {
  readonly name: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly 'op-geth': RecordedAnswer;
  readonly 'op-reth': RecordedAnswer;
  /** What the payload id of the answer gave then. */
  readonly 'getPayload after, op-geth'?: RecordedAnswer;
  readonly 'getPayload after, op-reth'?: RecordedAnswer;
}

const QUESTIONS = readFileSync(new URL('../fixtures/engine-answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedQuestion);
const TIP = 129;
const FINALIZED = 118;

describe.each(enginesHere(process.env))('%s', (kind: EngineKind) => {
  const world = new World(worldPath('forks', '.'));
  const recordedAs = kind === 'op-geth' ? 'op-geth' : 'op-reth';
  let group: ProcessGroup;
  let node: EngineNode;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    const genesisFile = world.path('l2-genesis.json.gz');
    const chainId = BigInt(world.rollup.l2_chain_id);
    node = await startEngine(group, { name: 'engine', genesisFile, chainId }, kind);
    const [tip, finalized] = [world.l2[TIP]?.hash ?? '', world.l2[FINALIZED]?.hash ?? ''];
    await fillOpGeth(node, world, { from: 1, to: TIP }, { unsafe: tip, safe: tip, finalized });
  });
  afterAll(() => group?.stop());

  const ask = (method: string, params: readonly unknown[]): Promise<RecordedAnswer> =>
    engine<unknown>(node, method, params).then(
      (result) => ({ result }),
      (error: { code: number }) => ({ error }),
    );

  it('answers as it was recorded, but for the words', async () => {
    for (const question of QUESTIONS) {
      const answer = await ask(question.method, question.params);
      const recorded = question[recordedAs];
      expect(gist(answer), question.name).toEqual(gist(recorded));
      const payload = question[`getPayload after, ${recordedAs}`];
      const id = (answer.result as { payloadId?: unknown } | undefined)?.payloadId;
      if (payload === undefined || typeof id !== 'string') continue;
      expect(gist(await ask('engine_getPayloadV4', [id])), question.name).toEqual(gist(payload));
    }
  });
});

/** What a node acts on: the code of an error; of results what tells one from another. */
function gist({ result, error }: RecordedAnswer): unknown {
  if (error !== undefined) return error.code;
  if (Array.isArray(result)) return [...result].map((entry) => JSON.stringify(entry)).sort();
  if (typeof result !== 'object' || result === null) return result;
  const { payloadStatus, payloadId, executionPayload, number, hash } = result as Readonly<
    Record<string, unknown>
  >;
  if (payloadStatus !== undefined) return { payloadStatus, hasJob: typeof payloadId === 'string' };
  if (number !== undefined) return { number, hash };
  const { blockNumber, transactions } = (executionPayload ?? result) as {
    readonly blockNumber: string;
    readonly transactions: number | readonly unknown[];
  };
  const count = typeof transactions === 'number' ? transactions : transactions.length;
  return { blockNumber, transactions: count };
}
