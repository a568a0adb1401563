import { createHash } from 'node:crypto';
import type { Hex } from 'viem';
import { transactionHash } from '../../src/rollup/txCodec.js';
import type { Answer, Ask, CallError } from './upstream.js';
import { failed } from './upstream.js';

interface Attributes {
  readonly timestamp: string;
  readonly transactions?: readonly Hex[];
  readonly [field: string]: unknown;
}

interface Updated {
  readonly payloadStatus: { readonly status: string };
  readonly payloadId: string | null;
}

const UNKNOWN_PAYLOAD = failed(-38001, 'Unknown payload');
const UNSUPPORTED_FORK = failed(-38005, 'Unsupported fork');
const MAX_UINT64 = 2n ** 64n - 1n;
/** What op-geth says of attributes without them, and op-reth with another code. */
const MISSING: readonly (readonly [string, RegExp])[] = [
  ['MissingGasLimitInPayloadAttributes', /gasLimit parameter is required/],
  ['MissingEip1559ParamsInPayloadAttributes', /eip-1559 params should be 8 bytes, got 0/],
  ['MissingMinBaseFeeInPayloadAttributes', /missing minBaseFee/],
];

/** What op-reth does where op-geth refuses attributes. */
type Instead =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'loseJob' }
  | { readonly kind: 'leaveOut'; readonly hash: string };

/**
 * Building jobs as op-reth has them: attributes with a transaction that cannot be built are VALID all the same. Where the
 * transaction decodes and is signed it is left out, else the job fails and its id is never known. op-geth's refusals say
 * which it is: nothing is decoded here.
 */
export class PayloadJobs {
  /** Time of the block by id. */
  readonly #times = new Map<string, number>();
  readonly #lost = new Set<string>();

  /** @param karstTime of L2; infinite where it never comes. */
  constructor(private readonly karstTime: number) {}

  /** A forkchoice update with attributes. */
  async start(ask: Ask, method: string, state: unknown, attributes: Attributes): Promise<Answer> {
    for (let tried = attributes; ; ) {
      const answer = await ask(method, [state, tried]);
      if ('result' in answer) return this.#noted(answer, attributes);
      const instead = insteadOf(answer.error);
      if (instead.kind === 'answer') return instead.answer;
      if (instead.kind === 'loseJob') return this.#lose(ask, method, state, attributes);
      const left = tried.transactions?.filter((tx) => transactionHash(tx) !== instead.hash);
      tried = { ...tried, transactions: left ?? [] };
    }
  }

  /** A job's payload, by op-reth's versions: V5 and no other from Karst on. */
  async take(ask: Ask, method: string, id: string): Promise<Answer> {
    if (!/^0x[0-9a-f]{16}$/.test(id)) return failed(-32602, 'Invalid params', 'invalid length');
    const time = this.#times.get(id);
    if (time === undefined || this.#lost.has(id)) return UNKNOWN_PAYLOAD;
    const isKarst = time >= this.karstTime;
    if (isKarst !== (method === 'engine_getPayloadV5')) return UNSUPPORTED_FORK;
    return ask(isKarst ? 'engine_getPayloadV4' : method, [id]);
  }

  #noted(answer: { readonly result: unknown }, { timestamp }: Attributes): Answer {
    const { payloadId } = answer.result as Updated;
    if (payloadId !== null) this.#times.set(payloadId, Number(timestamp));
    return answer;
  }

  /** The same update without attributes tells what op-reth would say of the forkchoice. */
  async #lose(ask: Ask, method: string, state: unknown, attributes: Attributes): Promise<Answer> {
    const answer = await ask(method, [state, null]);
    const updated = 'result' in answer ? (answer.result as Updated) : null;
    if (updated?.payloadStatus.status !== 'VALID') return answer;
    const text = JSON.stringify([state, attributes]);
    const digest = createHash('sha256').update(text).digest('hex');
    const payloadId = `0x04${digest.slice(0, 14)}`;
    this.#times.set(payloadId, Number(attributes.timestamp));
    this.#lost.add(payloadId);
    return { result: { ...updated, payloadId } };
  }
}

function insteadOf({ code, message, data }: CallError): Instead {
  // op-geth's handler breaks at a blob transaction.
  if (code === -32603) return { kind: 'loseJob' };
  const reason = String((data as { err?: unknown } | undefined)?.err ?? '');
  const missing = MISSING.find(([, pattern]) => pattern.test(reason))?.[0];
  if (missing !== undefined) {
    return answering(failed(-32602, 'Invalid params', { err: `Invalid params: ${missing}` }));
  }
  if (/^transaction \d+ is not valid/.test(reason)) return { kind: 'loseJob' };
  const hash = /^failed to force-include tx: (0x[0-9a-f]{64})/.exec(reason)?.[1];
  if (hash === undefined) return answering(failed(code, message));
  return isLost(reason) ? { kind: 'loseJob' } : { kind: 'leaveOut', hash };
}

function answering(answer: Answer): Instead {
  return { kind: 'answer', answer };
}

/** What op-reth fails at for good, of all that op-geth cannot include. */
function isLost(reason: string): boolean {
  const chainId = /invalid chain id for signer: have (\d+)/.exec(reason)?.[1];
  if (chainId !== undefined) return BigInt(chainId) > MAX_UINT64;
  return / type: 125 |invalid transaction v, r, s values|gas limit reached/.test(reason);
}
