import { runProgram, SetupError } from '../devnet/setupError.js';
import { runAllBenches } from './all.js';
import { runDeriveBench } from './derive/derive.js';
import { runFanoutBench } from './fanout/fanout.js';
import { runFollowBench } from './follow/follow.js';
import { runHostileBench } from './hostile/hostile.js';
import { runLightBench } from './light/light.js';
import { Figures } from './measure/figures.js';
import { runP2pBench } from './p2p/p2p.js';
import { runRestartBench } from './restart/restart.js';
import { runRpcBench } from './rpc/rpc.js';
import { runSafeDbBench } from './safeDb.js';
import { runLightSequencerBench } from './sequencer/lightSequencer.js';
import { runSequencerBench } from './sequencer/sequencer.js';
import { runStartBench } from './start/start.js';

/** Says what it measures as it goes, and adds what has a goal or stands beside the reference to the run's figures. */
type Bench = (argv: readonly string[], figures: Figures) => Promise<void>;

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['all', runAllBenches],
  ['derive', runDeriveBench],
  ['fanout', runFanoutBench],
  ['follow', runFollowBench],
  ['hostile', runHostileBench],
  ['light', runLightBench],
  ['lightSequencer', runLightSequencerBench],
  ['p2p', runP2pBench],
  ['restart', runRestartBench],
  ['rpc', runRpcBench],
  ['safedb', runSafeDbBench],
  ['sequencer', runSequencerBench],
  ['start', runStartBench],
]);

/** Runs the bench that the first argument names; what it measures is in README.md beside this file. */
async function main(): Promise<number> {
  const [name, ...rest] = process.argv.slice(2);
  const bench = BENCHES.get(name ?? '');
  if (bench === undefined) {
    throw new SetupError(`usage: npm run bench -- ${[...BENCHES.keys()].join('|')} [options]`);
  }
  const figures = new Figures();
  await bench(rest, figures);
  for (const line of figures.table()) console.log(line);
  return 0;
}

await runProgram(main);
