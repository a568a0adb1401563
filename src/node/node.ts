import type { NodeConfig } from '../../config/nodeConfig.js';
import { assembleNode, type SlipstreamNode } from './assembleNode.js';
import { checkEndpoints } from './checkEndpoints.js';
import { type NodeDeps, versionText } from './nodeDeps.js';
import { logStart } from './startLog.js';

/**
 * Makes a node of a config: says what it was told, assembles it, and checks that the endpoints serve its chains.
 * @throws NodeError critical for what makes this node impossible; ABORTED when the signal fires.
 */
export async function createNode(
  config: NodeConfig,
  deps: NodeDeps,
  signal: AbortSignal,
): Promise<SlipstreamNode> {
  logStart(config, versionText(deps), deps.log);
  const { node, endpoints, close } = await assembleNode(config, deps);
  try {
    await checkEndpoints(config, endpoints, deps, signal);
  } catch (thrown) {
    await close().catch(() => undefined);
    throw thrown;
  }
  return node;
}
