import { runProgram, SetupError } from '../devnet/setupError.js';
import { compareFollow } from './compareFollow.js';
import { runFollow } from './followRun.js';
import { conformanceOptions } from './options.js';
import { Report } from './report.js';
import { World } from './world.js';

const say = (line: string) => console.log(line);

/** Runs the comparison over the asked worlds; exit code 0 only where everything held. */
async function main(): Promise<number> {
  const options = conformanceOptions(process.argv.slice(2));
  if (options.mode === 'derive') {
    throw new SetupError('--mode derive: this build does not derive yet; --mode follow is there.');
  }
  const report = new Report(say);
  for (const dir of options.worlds) {
    const world = new World(dir);
    const { url, command, folder } = options;
    if (url !== undefined) await compareFollow(world, url, report);
    else
      await runFollow({
        world,
        report,
        say,
        ...(command && { command }),
        ...(folder && { folder }),
      });
  }
  say(`${report.passed} passed, ${report.failed} failed`);
  return report.failed === 0 ? 0 : 1;
}

await runProgram(main);
