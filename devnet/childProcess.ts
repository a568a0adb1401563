import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const KEPT_CHARS = 400_000;

export interface CommandLine {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** All output is also written here. */
  readonly logFile: string;
}

/** How a process ended: an exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * One started program with its output kept. It runs in its own process group, so that Ctrl-C at a terminal
 * reaches only us and the order of stopping stays ours.
 */
export class RunningProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  #output = '';
  #stdout = '';
  #exit: Exit | null = null;

  constructor(line: CommandLine) {
    this.name = line.name;
    this.#log = createWriteStream(line.logFile, { flags: 'a' });
    this.#child = spawn(line.command, [...line.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: line.env ?? process.env,
      ...(line.cwd === undefined ? {} : { cwd: line.cwd }),
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-KEPT_CHARS);
      this.#keep(text);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#child.on('error', (error) => {
      this.#keep(`${error.message}\n`);
      this.#exit = { code: 127, signal: null };
      this.#child.emit('close');
    });
    // Not at `exit`: what it wrote last may still be in the pipes then.
    this.#child.on('close', (code, signal) => {
      this.#exit ??= { code, signal };
      this.#log.end();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The newest part of stdout and stderr together. */
  get output(): string {
    return this.#output;
  }

  /** The newest part of stdout alone. */
  get stdout(): string {
    return this.#stdout;
  }

  /** Null while it runs, and until all of its output is here. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** The error to report when the process is expected to run and does not; null while it runs. */
  failure(): Error | null {
    if (this.#exit === null) return null;
    const tail = this.#output.slice(-2_000);
    return new Error(`${this.name} ended with ${JSON.stringify(this.#exit)}:\n${tail}`);
  }

  /** False when the process has ended already. */
  signal(name: NodeJS.Signals): boolean {
    return this.#exit === null && this.#child.kill(name);
  }

  /** Waits for the end. @throws Error when it still runs after `timeoutMs`. */
  async ended(timeoutMs: number): Promise<Exit> {
    if (this.#exit === null) {
      const timer = new AbortController();
      await Promise.race([
        once(this.#child, 'close', { signal: timer.signal }).catch(() => undefined),
        sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
      timer.abort();
    }
    if (this.#exit === null) throw new Error(`${this.name} still runs after ${timeoutMs} ms`);
    return this.#exit;
  }

  /** SIGTERM, then SIGKILL when it has not ended within `graceMs`. Never throws. */
  async stop(graceMs = 10_000): Promise<Exit | null> {
    this.signal('SIGTERM');
    try {
      return await this.ended(graceMs);
    } catch {
      this.signal('SIGKILL');
      return await this.ended(graceMs).catch(() => null);
    }
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_CHARS);
    if (!this.#log.writableEnded) this.#log.write(text);
  }
}
