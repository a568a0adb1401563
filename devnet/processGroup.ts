import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, RunningProcess } from './childProcess.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** What a shell reports for a program that Ctrl-C ended. */
const SIGNAL_EXIT_CODE = 130;

export interface ProcessGroupOptions {
  readonly folder?: string;
  readonly leavesSignals?: boolean;
}

/**
 * The programs and servers of one run and their folder. `stop` ends them all, newest first, also after a failure;
 * a run that dies without it kills its own children on the way out. Only what was started here is ever stopped.
 */
export class ProcessGroup {
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #processes = new Set<RunningProcess>();
  readonly #onExit = () => {
    for (const child of this.#processes) child.signal('SIGKILL');
  };
  readonly #onSignal = () => {
    this.stop().finally(() => process.exit(SIGNAL_EXIT_CODE));
  };

  private constructor(
    /** Data, keys and logs of the run; removed by `stop`, unless given or KEEP_RUNS is set. */
    readonly folder: string,
    readonly keepsFolder: boolean,
    leavesSignals: boolean,
  ) {
    process.once('exit', this.#onExit);
    if (!leavesSignals) for (const name of SIGNALS) process.once(name, this.#onSignal);
  }

  /**
   * Makes an empty group. A given folder is used and kept; else a temporary one is made. SIGINT and SIGTERM stop the
   * group and end the program, unless the caller handles them itself (`leavesSignals`).
   */
  static async open(options: ProcessGroupOptions = {}): Promise<ProcessGroup> {
    const { folder, leavesSignals = false } = options;
    return folder === undefined
      ? new ProcessGroup(await mkdtemp(join(tmpdir(), 'slipstream-')), false, leavesSignals)
      : new ProcessGroup(folder, true, leavesSignals);
  }

  /** Starts a program whose output goes to `NAME.log` in the folder. */
  start(line: Omit<CommandLine, 'logFile'>): RunningProcess {
    const child = new RunningProcess({ ...line, logFile: join(this.folder, `${line.name}.log`) });
    this.#processes.add(child);
    this.#stops.push(async () => {
      await child.stop();
      this.#processes.delete(child);
    });
    return child;
  }

  /** Something else to stop with the group, such as a server in this process. */
  own<T extends { close(): Promise<void> }>(server: T): T {
    this.#stops.push(() => server.close());
    return server;
  }

  /** Ends everything, newest first, and removes the temporary folder. Failures do not keep the rest running. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) {
      await stop().catch((thrown: unknown) => console.error(thrown));
    }
    process.removeListener('exit', this.#onExit);
    for (const name of SIGNALS) process.removeListener(name, this.#onSignal);
    if (process.env.KEEP_RUNS) console.error(`kept ${this.folder}`);
    else if (!this.keepsFolder) await rm(this.folder, { recursive: true, force: true });
  }
}
