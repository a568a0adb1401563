import { configInvalid } from '../errors/configInvalid.js';
import type { JsonObject } from './json.js';
import { isJsonObject } from './json.js';
import { readJsonFile } from './jsonFile.js';

/** The chains that may send each other messages; op-node `op-core/interop/depset`. */
export interface DependencySet {
  /** Chain ids in the order that op-node writes them: sorted as strings. */
  readonly chainIds: readonly bigint[];
  /** Seconds; null where the protocol's own applies. */
  readonly messageExpiryWindow: bigint | null;
}

const DECIMAL = /^\d+$/;

/**
 * Reads `--interop.dependency-set`.
 * @throws NodeError CONFIG_INVALID (critical).
 */
export function parseDependencySet(text: string): DependencySet {
  return readJsonFile(text, readDependencySet);
}

function readDependencySet(file: JsonObject): DependencySet {
  const dependencies = file.dependencies ?? {};
  if (!isJsonObject(dependencies)) {
    throw configInvalid(['dependencies: expected an object by chain id']);
  }
  const ids = Object.keys(dependencies);
  const bad = ids.find((id) => !DECIMAL.test(id));
  if (bad !== undefined) {
    throw configInvalid([`dependencies: "${bad}": expected a decimal chain id`]);
  }
  const expiry = file.overrideMessageExpiryWindow ?? 0n;
  if (typeof expiry !== 'bigint' || expiry < 0n) {
    throw configInvalid(['overrideMessageExpiryWindow: expected a whole number of seconds']);
  }
  return dependencySet(ids, expiry === 0n ? null : expiry);
}

/** A set of these chains; duplicates count once. */
export function dependencySet(
  ids: readonly string[],
  messageExpiryWindow: bigint | null,
): DependencySet {
  const unique = [...new Set(ids.map((id) => String(BigInt(id))))].sort();
  return { chainIds: unique.map(BigInt), messageExpiryWindow };
}

/** The set as `optimism_dependencySet` answers it. */
export function dependencySetJson(set: DependencySet): string {
  const members = set.chainIds.map((id) => `"${id}":{}`).join(',');
  const expiry =
    set.messageExpiryWindow === null
      ? ''
      : `,"overrideMessageExpiryWindow":${set.messageExpiryWindow}`;
  return `{"dependencies":{${members}}${expiry}}`;
}
