import { runProgram } from '../devnet/setupError.js';
import { compareDerive } from './compareDerive.js';
import { compareFollow } from './compareFollow.js';
import { runDerive } from './deriveRun.js';
import { runFollow } from './followRun.js';
import { fuzz } from './fuzz/fuzz.js';
import { fuzzOptions } from './fuzz/options.js';
import { conformanceOptions } from './options.js';
import { recordOptions } from './record/options.js';
import { record } from './record/record.js';
import { Report } from './report.js';
import { World } from './world.js';

const say = (line: string) => console.log(line);

/** Runs what is asked for; exit code 0 only where everything held. */
async function main(): Promise<number> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'fuzz') return (await fuzz({ ...fuzzOptions(rest), say })) === 0 ? 0 : 1;
  if (command === 'record') {
    await record(recordOptions(rest), say);
    return 0;
  }
  return compareWorlds(process.argv.slice(2));
}

/** Runs the comparison over the asked worlds. */
async function compareWorlds(argv: readonly string[]): Promise<number> {
  const options = conformanceOptions(argv);
  const report = new Report(say);
  for (const dir of options.worlds) {
    const world = new World(dir);
    const { url, command, folder, engine } = options;
    const run = {
      world,
      report,
      say,
      engine,
      ...(command && { command }),
      ...(folder && { folder }),
    };
    if (options.mode === 'follow') {
      await (url === undefined ? runFollow(run) : compareFollow(world, url, report));
    } else {
      await (url === undefined
        ? runDerive(run)
        : compareDerive(world, { url, built: null }, report));
    }
  }
  say(`${report.passed} passed, ${report.failed} failed`);
  return report.failed === 0 ? 0 : 1;
}

await runProgram(main);
