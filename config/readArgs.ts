import type { FlagRow, FlagValue } from './flagRow.js';
import type { FlagName } from './flags.js';
import { findFlag } from './flags.js';
import { nearestFlag } from './nearest.js';
import { parseText } from './parseValue.js';
import type { Reading, Setting } from './setting.js';
import { problemLine } from './setting.js';

type NamedRow = FlagRow & { readonly name: FlagName };

/** One word of the command line, taken apart. */
interface Word {
  readonly name: string;
  /** Null where the word has no `=`. */
  readonly text: string | null;
}

/**
 * Reads the command line (without program name): `--name value`, `--name=value`, `-name value`; a flag of kind bool
 * takes its value only after `=`. Given twice, the last value holds; lists add up.
 * Spec: Go's flag package and urfave/cli as op-node uses them. Differs: what op-node skips (words after the first
 * one that is no flag) is a problem here, because a forgotten `=` would silently lose the flags after it.
 */
export function readArgs(args: readonly string[]): Reading {
  return new ArgsReader(args).readAll();
}

class ArgsReader {
  private readonly values = new Map<FlagName, FlagValue>();
  private readonly problems: string[] = [];
  /** Index of the next word. */
  private at = 0;

  constructor(private readonly args: readonly string[]) {}

  readAll(): Reading {
    for (let arg = this.next(); arg !== null; arg = this.next()) this.read(arg);
    const settings = [...this.values].map(
      ([name, value]): Setting => ({ name, value, source: 'flag' }),
    );
    return { settings, problems: this.problems };
  }

  private next(): string | null {
    return this.args[this.at++] ?? null;
  }

  private read(arg: string): void {
    const word = takeApart(arg);
    if (word === null) {
      this.problems.push(`${JSON.stringify(arg)}: expected a flag; a value follows its flag, or =`);
      return;
    }
    const row = findFlag(word.name);
    if (row === null) this.passUnknown(word);
    else this.take(row, word.text ?? (row.kind === 'bool' ? 'true' : this.next()));
  }

  /** What follows an unknown flag is taken for its value, and not told again. */
  private passUnknown(word: Word): void {
    this.problems.push(unknownLine(word));
    if (word.text === null && takeApart(this.args[this.at] ?? '-') === null) this.at++;
  }

  private take(row: NamedRow, text: string | null): void {
    if (text === null) {
      this.problems.push(`--${row.name}: no value: expected one after it`);
      return;
    }
    const parsed = parseText(row, text);
    if (!parsed.ok) this.problems.push(problemLine(row, null, text, parsed.expected));
    else this.values.set(row.name, merged(this.values.get(row.name), parsed.value));
  }
}

/** Name and value of a word that begins with a dash, or null. */
function takeApart(arg: string): Word | null {
  const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(arg);
  return match === null ? null : { name: match[1] ?? '', text: match[2] ?? null };
}

function merged(before: FlagValue | undefined, value: FlagValue): FlagValue {
  return Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}

function unknownLine(word: Word): string {
  const value = word.text === null ? '' : ` ${JSON.stringify(word.text)}:`;
  const near = nearestFlag(word.name);
  const hint = near === null ? 'see --help' : `did you mean --${near}?`;
  return `--${word.name}:${value} unknown flag: expected one of the known flags, ${hint}`;
}
