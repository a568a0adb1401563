import type { PayloadJobs } from './payloadJobs.js';
import type { Answer, Ask } from './upstream.js';
import { failed, resultOf } from './upstream.js';

interface State {
  readonly headBlockHash: string;
  readonly safeBlockHash: string;
  readonly finalizedBlockHash: string;
}

interface Header {
  readonly hash: string;
  readonly number: string;
}

const ZERO = `0x${'0'.repeat(64)}`;
const INVALID_FORKCHOICE = -38002;
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The forkchoice as op-reth keeps it: an update to an ancestor of its head changes nothing, labels included, and an
 * all-zero head is an error.
 */
export class Forkchoice {
  constructor(private readonly jobs: PayloadJobs) {}

  async update(ask: Ask, method: string, params: readonly unknown[]): Promise<Answer> {
    const [state, attributes] = params as [State, Parameters<PayloadJobs['start']>[3] | null];
    if (state.headBlockHash === ZERO) return invalid();
    const isAncestor = await isBelowHead(ask, state.headBlockHash);
    const sent = isAncestor ? { ...state, safeBlockHash: ZERO, finalizedBlockHash: ZERO } : state;
    const answer = await (attributes
      ? this.jobs.start(ask, method, sent, attributes)
      : ask(method, [sent, null]));
    const isRefused = 'error' in answer && answer.error.code === INVALID_FORKCHOICE;
    return isRefused ? invalid() : answer;
  }

  /** `eth_getBlockByNumber`; null for a label that was never set, and for a height that no block can have. */
  async block(ask: Ask, params: readonly unknown[]): Promise<Answer> {
    const tag = String(params[0]);
    const isBeyond = tag.startsWith('0x') && BigInt(tag) > MAX_INT64;
    if (isBeyond) return { result: null };
    const answer = await ask('eth_getBlockByNumber', params);
    const isUnset = 'error' in answer && (tag === 'safe' || tag === 'finalized');
    return isUnset ? { result: null } : answer;
  }
}

function invalid(): Answer {
  return failed(INVALID_FORKCHOICE, 'Invalid forkchoice state');
}

async function isBelowHead(ask: Ask, hash: string): Promise<boolean> {
  const block = (await resultOf(ask('eth_getBlockByHash', [hash, false]))) as Header | null;
  if (block === null) return false;
  const [canonical, latest] = (await Promise.all([
    resultOf(ask('eth_getBlockByNumber', [block.number, false])),
    resultOf(ask('eth_getBlockByNumber', ['latest', false])),
  ])) as [Header | null, Header];
  return canonical?.hash === hash && BigInt(block.number) < BigInt(latest.number);
}
