import { join } from 'node:path';
import { builtNode } from '../devnet/nodeProcess.js';

/** A node that is measured. */
export interface LightTarget {
  readonly name: string;
  /** Command line without flags. */
  readonly command: readonly string[];
}

/** The built node, another build of it at `SLIPSTREAM_BIN`, and an op-node at `OP_NODE_BIN`, as far as they are there. */
export function lightTargets(env: NodeJS.ProcessEnv): readonly LightTarget[] {
  const { SLIPSTREAM_BIN: other, OP_NODE_BIN: reference } = env;
  return [
    { name: 'slipstream', command: builtNode() },
    ...(other ? [{ name: 'other build', command: [process.execPath, other] }] : []),
    ...(reference ? [{ name: 'op-node', command: [reference] }] : []),
  ];
}

/**
 * The same target writing a CPU profile of each of its threads into a folder when it ends, where it runs on Node.js.
 * @param folder empty: none.
 */
export function profiled(target: LightTarget, folder: string): LightTarget {
  const [program = '', ...script] = target.command;
  if (folder === '' || program !== process.execPath) return target;
  const flags = ['--cpu-prof', `--cpu-prof-dir=${join(folder, target.name.replace(' ', '-'))}`];
  return { ...target, command: [program, ...flags, ...script] };
}
