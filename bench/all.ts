import { runDeriveBench } from './derive/derive.js';
import { runFanoutBench } from './fanout/fanout.js';
import { runFollowBench } from './follow/follow.js';
import { runLightBench } from './light/light.js';
import type { Figures } from './measure/figures.js';
import { benchOptions } from './measure/options.js';
import { runP2pBench } from './p2p/p2p.js';
import { runRpcBench } from './rpc/rpc.js';
import { runStartBench } from './start/start.js';

const OPTIONS = {
  'op-node': { default: '', about: 'path of an op-node to stand beside' },
};

/** Each with as much as fits: all of them take less than twenty minutes on two cores, beside an op-node. */
const RUNS: readonly {
  readonly run: (argv: readonly string[], figures: Figures) => Promise<void>;
  readonly options: string;
}[] = [
  { run: runStartBench, options: '--rounds 5' },
  { run: runRpcBench, options: '' },
  { run: runDeriveBench, options: '--runs 5 --engine-rounds 2' },
  { run: runFollowBench, options: '--samples 30 --intervals 2000 --minutes 0' },
  { run: runFanoutBench, options: '--changes 50 --moves 20' },
  { run: runLightBench, options: '--settle 12 --seconds 10 --minutes 0.1' },
  { run: runP2pBench, options: '--samples 20 --seconds 0 --peers 0 --lag 15' },
];

/** Everything that stands beside op-node or has a goal, in one run. */
export async function runAllBenches(argv: readonly string[], figures: Figures): Promise<void> {
  const { 'op-node': reference } = benchOptions('all', OPTIONS, argv);
  if (reference !== '') process.env.OP_NODE_BIN = reference;
  for (const { run, options } of RUNS) {
    const began = performance.now();
    await run(
      options.split(' ').filter((part) => part !== ''),
      figures,
    );
    console.log(`(${((performance.now() - began) / 1_000).toFixed(0)} s)\n`);
  }
}
