import { configInvalid } from '../errors/configInvalid.js';
import { JsonFields, type UnreadKey } from './jsonFields.js';
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
 * Reads `--interop.dependency-set`. What is said of a chain beside its id means nothing, as in op-node.
 * @param unread gets the keys that mean nothing to any node.
 * @throws NodeError CONFIG_INVALID (critical).
 */
export function parseDependencySet(text: string, unread: UnreadKey[] = []): DependencySet {
  return readJsonFile(text, (file, problems) => {
    const fields = new JsonFields(file, '', problems);
    const ids = fields.child('dependencies').keys();
    const expiry = fields.uint('overrideMessageExpiryWindow');
    unread.push(...fields.unread());
    const bad = ids.find((id) => !DECIMAL.test(id));
    if (bad !== undefined) {
      throw configInvalid([`dependencies: "${bad}": expected a decimal chain id`]);
    }
    return dependencySet(ids, expiry === 0n ? null : expiry);
  });
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
