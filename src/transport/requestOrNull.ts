import type { RpcCallOptions, RpcClient, RpcOutcome } from './ports.js';
import { RpcError } from './ports.js';

/** Texts of "no such block" errors, lower case: execution clients answer some look-ups with an error instead of null. */
const NOT_FOUND_TEXTS = ['block not found', 'header not found', 'unknown block'];

/** True for an error answer that only says that the block or label does not exist. op-node `op-service/eth/errors.go`. */
function isBlockNotFound(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  const message = error.message.toLowerCase();
  return NOT_FOUND_TEXTS.some((text) => message.includes(text));
}

/** The result of a call about one block; null when the endpoint does not have that block, however it says so. */
export async function requestOrNull(
  rpc: RpcClient,
  method: string,
  params: readonly unknown[],
  options: RpcCallOptions,
): Promise<unknown> {
  try {
    return (await rpc.request(method, params, options)) ?? null;
  } catch (error) {
    if (isBlockNotFound(error)) return null;
    throw error;
  }
}

/** As `requestOrNull`, of a call that was part of a batch. @throws the error of that call. */
export function resultOrNull(outcome: RpcOutcome): unknown {
  if (outcome.kind === 'ok') return outcome.result ?? null;
  if (isBlockNotFound(outcome.error)) return null;
  throw outcome.error;
}
