import type { RpcClient } from '../transport/ports.js';
import { RpcError } from '../transport/ports.js';
import { OUR_METHODS } from './engineMethods.js';

/** What an execution client says of itself. */
export interface EngineFacts {
  /** Null where it does not say. */
  readonly client: EngineVersion | null;
  /** Full names of the Engine API methods that it lists; null where it does not. */
  readonly methods: ReadonlySet<string> | null;
}

/** Spec: execution-apis `engine/identification.md`, ClientVersionV1. */
export interface EngineVersion {
  /** Two letters: RH is reth, GE go-ethereum, EG erigon. */
  readonly code: string;
  readonly name: string;
  readonly version: string;
  readonly commit: string;
}

/** Longest text of a version that is kept, and most methods: more means nothing. */
const MAX_CHARS = 100;
const MAX_METHODS = 1_000;

/**
 * How we are called. The two letters come from a list without consensus nodes of rollups, and op-reth refuses letters that
 * are not on it: these are those of the one that is written in TypeScript. Name and version say who asks.
 */
function ourVersion(version: string): EngineVersion {
  return { code: 'LS', name: 'slipstream', version, commit: '00000000' };
}

/**
 * Asks an execution client what it is and which methods it has. `web3_clientVersion` would not do: op-geth and op-reth do
 * not serve it beside the Engine API.
 * @param ours our version, for its log.
 * @throws NodeError TRANSPORT_*, temporary.
 */
export async function readEngineFacts(
  rpc: RpcClient,
  ours: string,
  signal: AbortSignal,
): Promise<EngineFacts> {
  const [methods, versions] = await Promise.all([
    asked(rpc, 'engine_exchangeCapabilities', [OUR_METHODS], signal),
    asked(rpc, 'engine_getClientVersionV1', [ourVersion(ours)], signal),
  ]);
  return { client: versionOf(versions), methods: methodsOf(methods) };
}

/** The result; null where it refuses the call. */
async function asked(
  rpc: RpcClient,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await rpc.request(method, params, { signal });
  } catch (thrown) {
    if (thrown instanceof RpcError) return null;
    throw thrown;
  }
}

function methodsOf(result: unknown): ReadonlySet<string> | null {
  if (!Array.isArray(result)) return null;
  return new Set(result.slice(0, MAX_METHODS).filter((name) => typeof name === 'string'));
}

/** One that stands for several clients lists itself first. */
function versionOf(result: unknown): EngineVersion | null {
  const first: unknown = Array.isArray(result) ? result[0] : null;
  if (typeof first !== 'object' || first === null) return null;
  const text = (key: string): string => {
    const value: unknown = (first as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'string' ? value.slice(0, MAX_CHARS) : '';
  };
  return {
    code: text('code'),
    name: text('name'),
    version: text('version'),
    commit: text('commit'),
  };
}
