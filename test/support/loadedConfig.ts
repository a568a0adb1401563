import { load } from '../../config/load.js';
import type { NodeConfig } from '../../config/nodeConfig.js';
import { unknownEnv } from '../../config/readEnv.js';

/**
 * What the node makes of these `OP_NODE_*` variables, with a JWT secret at any path.
 * @throws Error where one of them is unknown, NodeError CONFIG_INVALID where one of them cannot be used.
 */
export function loadedFromEnv(env: Readonly<Record<string, string>>): NodeConfig {
  const unknown = unknownEnv(env);
  if (unknown.length > 0) throw new Error(`unknown variables: ${unknown.join(', ')}`);
  return load([], env, () => '11'.repeat(32));
}
