import { join } from 'node:path';
import { benchTargets, type Target } from '../measure/targets.js';

/** The built node, another build of it at `SLIPSTREAM_BIN`, and an op-node at `OP_NODE_BIN`, as far as they are there. */
export function lightTargets(): readonly Target[] {
  const [ours, ...reference] = benchTargets();
  const other = process.env.SLIPSTREAM_BIN;
  return [
    ...(ours === undefined ? [] : [ours]),
    ...(other ? [{ name: 'other-build', command: [process.execPath, other] }] : []),
    ...reference,
  ];
}

/**
 * The same target writing a CPU profile of each of its threads when it ends, where it runs on Node.js.
 * @param folder of the profiles of this role; empty: none.
 */
export function profiled(target: Target, folder: string): Target {
  const [program = '', ...script] = target.command;
  if (folder === '' || program !== process.execPath) return target;
  const flags = ['--cpu-prof', `--cpu-prof-dir=${join(folder, target.name)}`];
  return { ...target, command: [program, ...flags, ...script] };
}
