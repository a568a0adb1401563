import type { DestinationStream, Logger as Pino } from 'pino';
import { pino } from 'pino';
import type { Fields } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import type { LogFormat, LogFormatter } from './logFormat.js';
import { logFormatter } from './logFormat.js';
import { LeveledLogger, type LogLevel } from './logger.js';
import type { LogValue } from './logValue.js';
import { toLogValue } from './logValue.js';

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Colours for `terminal`; makes `text` mean `terminal`. The default is whether the output is a terminal. */
  readonly color: boolean;
  /** The process id, shown with every line; null shows none. */
  readonly pid: number | null;
}

export interface PinoLoggerDeps {
  readonly clock: Clock;
  /** Gets each line with its line end. */
  readonly destination: { write(line: string): void };
}

type Bound = readonly (readonly [key: string, value: LogValue])[];

/** What a logger and its children share, so that a change of the level holds for all of them. */
interface Shared {
  readonly pino: Pino<'crit'>;
  readonly format: LogFormatter;
  readonly clock: Clock;
}

/** Where pino puts our one extra level: beside its own highest. */
const CRIT = 60;

/**
 * The Logger over pino: pino filters by level and writes; the line is op-node's. The level can change at run time.
 */
export class PinoLogger extends LeveledLogger {
  private constructor(
    private readonly shared: Shared,
    private readonly bound: Bound,
  ) {
    super();
  }

  /** The root logger; all its children follow its level. */
  static create(options: PinoLoggerOptions, deps: PinoLoggerDeps): PinoLogger {
    const sink = new LineSink(deps.destination);
    const shared: Shared = {
      pino: pino<'crit'>({ level: options.level, customLevels: { crit: CRIT }, base: null }, sink),
      format: logFormatter(options.format, options.color),
      clock: deps.clock,
    };
    return new PinoLogger(shared, options.pid === null ? [] : [['pid', options.pid]]);
  }

  get level(): LogLevel {
    return this.shared.pino.level as LogLevel;
  }

  /** Holds at once for this logger, its parent and all children. */
  setLevel(level: LogLevel): void {
    this.shared.pino.level = level;
  }

  child(fields: Fields): PinoLogger {
    return new PinoLogger(this.shared, [...this.bound, ...toBound(fields)]);
  }

  protected write(level: LogLevel, message: string, fields: Fields = {}): void {
    const { pino: target, format, clock } = this.shared;
    if (!target.isLevelEnabled(level)) return;
    const all = [...this.bound, ...toBound(fields)];
    target[level](format({ level, timeMs: clock.nowMs(), message, fields: all }));
  }
}

/** Standard output, written before the call returns: a line is not lost when the process dies after it. */
export function standardOutput(): { write(line: string): void } {
  return pino.destination({ fd: 1, sync: true });
}

/** Takes the finished line from pino's metadata and leaves out the JSON that pino puts around it. */
class LineSink implements DestinationStream {
  readonly [pino.symbols.needsMetadataGsym] = true;
  lastMsg = '';

  constructor(private readonly destination: { write(line: string): void }) {}

  write(_json: string): void {
    this.destination.write(`${this.lastMsg}\n`);
  }
}

function toBound(fields: Fields): Bound {
  return Object.entries(fields).map(([key, value]) => [key, toLogValue(key, value)]);
}
