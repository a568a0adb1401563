import { NodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { RpcFields } from '../../rollup/rpcFields.js';
import type { BackoffOptions } from '../../runtime/backoff.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcCallOptions, RpcClient } from '../../transport/ports.js';
import { RpcError } from '../../transport/ports.js';
import type { Held } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import { METHOD_NOT_FOUND } from './consensusSource.js';
import { decodeBlockId } from './statusDecoder.js';

/** What names a chain. */
export type ChainFacts = Pick<RollupConfig, 'l2ChainId' | 'genesis'>;

/** Which chain a source serves. */
export type ChainIdentity =
  | { readonly kind: 'same' }
  /** It does not offer the method that would say. */
  | { readonly kind: 'notOffered' }
  | {
      readonly kind: 'other';
      readonly what: string;
      readonly expected: string;
      readonly actual: string;
    };

/** What kind of node answers behind a source's URL. */
export type SourceKind = 'consensus' | 'execution';

/** A source that serves another chain is asked for its chain again, ever more seldom. */
const OTHER_CHAIN_BACKOFF: BackoffOptions = {
  initialMs: 10_000,
  maxMs: 300_000,
  factor: 2,
  jitter: 0.2,
};

export interface SourceIdentityOptions {
  /** Names the source in logs; carries no credentials. */
  readonly name: string;
  /** Of each request. */
  readonly rpcTimeoutMs: number;
  readonly config: ChainFacts;
}

export interface SourceIdentityDeps {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Knows whether a source serves our chain; asks it once, and again after each failure. */
export class SourceIdentity {
  private readonly backoff: Backoff;
  private hasWarnedNotOffered = false;
  private isAsked = false;
  private otherChain: { readonly held: Held; readonly askAgainAtMs: number } | null = null;

  constructor(
    private readonly options: SourceIdentityOptions,
    private readonly deps: SourceIdentityDeps,
  ) {
    this.backoff = new Backoff(OTHER_CHAIN_BACKOFF, deps.random);
  }

  /** True while the source is known to serve our chain, or does not say which it serves. */
  get isKnown(): boolean {
    return this.isAsked;
  }

  /** What holds a source that is known to serve another chain and is not to be asked again yet; null otherwise. */
  standing(): Held | null {
    const { otherChain } = this;
    if (otherChain === null) return null;
    return this.deps.clock.monotonicMs() < otherChain.askAgainAtMs ? otherChain.held : null;
  }

  /** Another node may answer behind the same URL. */
  forget(): void {
    this.isAsked = false;
    this.otherChain = null;
  }

  /** Null when the source may be followed. @throws NodeError, temporary. */
  async check(kind: SourceKind, signal: AbortSignal): Promise<Held | null> {
    if (this.isAsked) return null;
    const { config, rpcTimeoutMs: timeoutMs } = this.options;
    const ask = kind === 'execution' ? identifyExecution : identifyConsensus;
    const identity = await ask(this.deps.rpc, config, { signal, timeoutMs });
    if (identity.kind === 'other') return this.otherChainFound(identity);
    if (identity.kind === 'notOffered' && !this.hasWarnedNotOffered) {
      this.hasWarnedNotOffered = true;
      this.deps.log.warn('Follow source does not say which chain it serves; following it unasked', {
        source: this.options.name,
      });
    }
    this.isAsked = true;
    this.otherChain = null;
    this.backoff.reset();
    return null;
  }

  private otherChainFound(identity: Extract<ChainIdentity, { kind: 'other' }>): Held {
    const { what, expected, actual } = identity;
    const fields = { source: this.options.name, what, expected, actual };
    const found = held('refused', 'error_invalid_state', 'source serves another chain', fields);
    const delayMs = this.backoff.nextDelayMs();
    this.otherChain = { held: found, askAgainAtMs: this.deps.clock.monotonicMs() + delayMs };
    this.deps.log.error('Follow source serves another chain and is not followed', {
      ...fields,
      askAgainInMs: delayMs,
    });
    return found;
  }
}

/** A rollup config with its system config and forks takes some 3 KiB. */
const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 1024 * 1024;

/** EIP-1474: the method is known but not supported. Gateways answer so, or with their own code and a text. */
const METHOD_NOT_SUPPORTED = -32004;
const SUBJECT = /method|rpc/;
const REFUSALS: readonly string[] = [
  'not found',
  'not supported',
  'not available',
  'not allowed',
  'not exist',
];

/** True for the answer of an endpoint that does not offer the method at all. */
export function isNotOffered(thrown: unknown): thrown is RpcError {
  if (!(thrown instanceof RpcError)) return false;
  if (thrown.rpcCode === METHOD_NOT_FOUND || thrown.rpcCode === METHOD_NOT_SUPPORTED) return true;
  return saysNotOffered(thrown.message.toLowerCase());
}

function saysNotOffered(text: string): boolean {
  if (text.includes('not whitelisted')) return true;
  const subject = text.search(SUBJECT);
  return subject >= 0 && REFUSALS.some((refusal) => text.includes(refusal, subject));
}

/** L2 chain id and both genesis blocks by `optimism_rollupConfig`. @throws NodeError, temporary. */
export async function identifyConsensus(
  rpc: RpcClient,
  facts: ChainFacts,
  call: RpcCallOptions,
): Promise<ChainIdentity> {
  let json: unknown;
  try {
    const options = { ...call, maxBytes: MAX_CONFIG_BYTES };
    json = await rpc.request('optimism_rollupConfig', [], options);
  } catch (thrown) {
    if (isNotOffered(thrown)) return { kind: 'notOffered' };
    throw thrown;
  }
  return compareRollupConfig(json, facts);
}

/** Chain id and genesis block of an execution client. @throws NodeError, temporary. */
export async function identifyExecution(
  rpc: RpcClient,
  facts: ChainFacts,
  call: RpcCallOptions,
): Promise<ChainIdentity> {
  const { l2ChainId, genesis } = facts;
  const chainId = new RpcFields(
    { id: await rpc.request('eth_chainId', [], call) },
    'chain id',
  ).quantity('id');
  if (chainId !== l2ChainId) return other('L2 chain id', l2ChainId, chainId);
  const params = [`0x${genesis.l2.number.toString(16)}`, false];
  let json: unknown;
  try {
    const options = { ...call, maxBytes: MAX_HEADER_BYTES };
    json = await rpc.request('eth_getBlockByNumber', params, options);
  } catch (thrown) {
    if (isNotOffered(thrown)) return { kind: 'notOffered' };
    throw thrown;
  }
  // A client that pruned its first blocks does not have it.
  if (json === null) return { kind: 'notOffered' };
  const hash = new RpcFields(json, 'genesis block').hash('hash');
  return hash === genesis.l2.hash ? { kind: 'same' } : other('L2 genesis', genesis.l2.hash, hash);
}

/** Compares a source's rollup config with ours. @throws NodeError FOLLOW_STATUS_MALFORMED, temporary. */
export function compareRollupConfig(json: unknown, facts: ChainFacts): ChainIdentity {
  const { l2_chain_id: chainId, genesis } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof chainId !== 'number' || !Number.isInteger(chainId)) {
    throw new NodeError('FOLLOW_STATUS_MALFORMED', 'followed source: l2_chain_id is not a number', {
      severity: 'temporary',
    });
  }
  // Both through the same rounding: ids above 2^53 lose digits in JSON.
  if (chainId !== Number(facts.l2ChainId)) {
    return other('L2 chain id', facts.l2ChainId, BigInt(chainId));
  }
  const theirs = (genesis ?? {}) as Readonly<Record<string, unknown>>;
  for (const layer of ['l2', 'l1'] as const) {
    const expected = facts.genesis[layer];
    const actual = decodeBlockId(theirs[layer], `genesis.${layer}`);
    if (actual.hash !== expected.hash || actual.number !== expected.number) {
      return other(`${layer.toUpperCase()} genesis`, expected.hash, actual.hash);
    }
  }
  return { kind: 'same' };
}

function other(what: string, expected: bigint | string, actual: bigint | string): ChainIdentity {
  return { kind: 'other', what, expected: String(expected), actual: String(actual) };
}
