import { runRecordedDevnet } from './devnet.js';
import { runLiveDevnet } from './live/liveDevnet.js';
import { devnetOptions } from './options.js';
import { ProcessGroup } from './processGroup.js';
import { runProgram } from './setupError.js';

/** Runs the devnet; Ctrl-C and SIGTERM stop everything in order, exit code 0. */
async function main(): Promise<number> {
  const options = devnetOptions(process.argv.slice(2));
  const group = await ProcessGroup.open({ leavesSignals: true });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  try {
    const run = options.isRecorded ? runRecordedDevnet : runLiveDevnet;
    await run(group, options, stop.signal);
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  } finally {
    console.error('stopping');
    await group.stop();
  }
  return 0;
}

await runProgram(main);
