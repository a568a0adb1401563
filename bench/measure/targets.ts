import { builtNode } from '../../devnet/nodeProcess.js';

/** A node that is measured. */
export interface Target {
  /** `slipstream`, `op-node`, or of another build. */
  readonly name: string;
  /** Command line without flags. */
  readonly command: readonly string[];
}

/** This node as it is built, and the op-node that `OP_NODE_BIN` names to stand beside it. */
export function benchTargets(): readonly Target[] {
  const reference = process.env.OP_NODE_BIN;
  const ours: Target = { name: 'slipstream', command: builtNode() };
  return reference ? [ours, { name: 'op-node', command: [reference] }] : [ours];
}
