import type { EngineTap, TappedCall } from './engineTap.js';

/** A block that a node had its execution client build, in the shape of a line of `derived.jsonl.gz`. */
export interface BuiltBlock {
  readonly number: number;
  readonly hash: string;
  readonly parent: string;
  /** Engine API method that the attributes came with. */
  readonly method: string;
  readonly getPayload: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Started {
  readonly parent: string;
  readonly method: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The blocks built through a tapped Engine API, in order; jobs whose block was not taken are left out. */
export function builtBlocks({ calls }: Pick<EngineTap, 'calls'>): readonly BuiltBlock[] {
  const jobs = new Map<string, Started>();
  const blocks: BuiltBlock[] = [];
  for (const call of calls) {
    const { method, params, result } = call;
    if (method.startsWith('engine_forkchoiceUpdated')) noteJob(jobs, call);
    if (!method.startsWith('engine_getPayload')) continue;
    const job = jobs.get(String(params[0]));
    const payload = (result as { executionPayload?: Record<string, string> } | undefined)
      ?.executionPayload;
    if (job === undefined || payload === undefined) continue;
    const { blockNumber, blockHash = '' } = payload;
    blocks.push({ number: Number(blockNumber), hash: blockHash, ...job, getPayload: method });
  }
  return blocks;
}

function noteJob(jobs: Map<string, Started>, { method, params, result }: TappedCall): void {
  const [state, attributes] = params as [
    { headBlockHash: string },
    Readonly<Record<string, unknown>> | null | undefined,
  ];
  const id = (result as { payloadId?: string | null } | undefined)?.payloadId;
  if (!attributes || !id) return;
  jobs.set(id, { parent: state.headBlockHash, method, attributes });
}
