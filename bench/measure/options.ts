import { parseArgs } from 'node:util';
import { SetupError } from '../../devnet/setupError.js';

/** An option of a bench. What is given must be of the kind of the default: a number, numbers with commas, or text. */
export interface BenchOption {
  readonly default: number | readonly number[] | string;
  readonly about: string;
  /** Of numbers; 0 unless given. */
  readonly min?: number;
  readonly max?: number;
}

type Options = Readonly<Record<string, BenchOption>>;
type Widened<T> = T extends number ? number : T extends string ? string : readonly number[];
type Values<O extends Options> = { readonly [K in keyof O]: Widened<O[K]['default']> };

/** Reads the options of a bench. @throws SetupError naming what is wrong, with the usage. */
export function benchOptions<const O extends Options>(
  bench: string,
  options: O,
  argv: readonly string[],
): Values<O> {
  const texts = Object.keys(options).map((name) => [name, { type: 'string' }] as const);
  try {
    const { values } = parseArgs({ args: [...argv], options: Object.fromEntries(texts) });
    const read = Object.entries(options).map(([name, option]) => {
      const given = values[name];
      return [name, given === undefined ? option.default : readValue(name, option, given)];
    });
    return Object.fromEntries(read) as Values<O>;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new SetupError(`${why}\n${usage(bench, options)}`);
  }
}

function readValue(name: string, option: BenchOption, text: string): BenchOption['default'] {
  if (typeof option.default === 'string') return text;
  if (typeof option.default === 'number') return numberOf(name, option, text);
  return text.split(',').map((part) => numberOf(name, option, part));
}

function numberOf(name: string, { min = 0, max }: BenchOption, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= min && value <= (max ?? value)) return value;
  const upTo = max === undefined ? ' or more' : ` to ${max}`;
  throw new Error(`--${name} is a number, ${min}${upTo}, not ${JSON.stringify(text)}`);
}

function usage(bench: string, options: Options): string {
  const lines = Object.entries(options).map(
    ([name, { about, default: value }]) => `  --${name.padEnd(14)} ${about}; ${value} unless given`,
  );
  return [`usage: npm run bench -- ${bench} [options]`, ...lines].join('\n');
}
