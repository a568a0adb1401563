/** What a flag's text may be. `duration` is Go's syntax and counts as milliseconds; `uint64` is kept exact. */
export type FlagKind =
  | 'string'
  | 'path'
  | 'bool'
  | 'uint'
  | 'uint64'
  | 'int'
  | 'float'
  | 'duration'
  | 'list'
  | 'enum';

export const CATEGORIES = {
  rollup: '1. ROLLUP',
  l1: '2. L1 RPC',
  sequencer: '3. SEQUENCER',
  operations: '4. LOGGING, METRICS, DEBUGGING, AND API',
  p2p: '5. PEER-TO-PEER',
  altDa: '6. ALT-DA (EXPERIMENTAL)',
  misc: '7. MISC',
  interop: '8. INTEROP (SUPER EXPERIMENTAL)',
  /** op-node lists these above all categories. */
  none: '',
} as const;

export type Category = keyof typeof CATEGORIES;

/** What every flag has, whatever its kind. */
interface FlagFacts {
  /** Dotted name without dashes. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Environment variables, the first one that is set wins. */
  readonly env: readonly string[];
  readonly category: Category;
  readonly usage: string;
  /** Left out of --help. */
  readonly hidden?: boolean;
  /** Setting it logs a warning. */
  readonly deprecated?: boolean;
  /** The node does not start without it. */
  readonly required?: boolean;
  /** Not a flag of op-node. */
  readonly isOurs?: boolean;
  /** Its value is left out of messages. */
  readonly isSecret?: boolean;
}

/** One flag. The default has the type of the kind's values. */
export type FlagRow = FlagFacts &
  (
    | { readonly kind: 'string' | 'path'; readonly default: string }
    | { readonly kind: 'bool'; readonly default: boolean }
    | { readonly kind: 'uint' | 'int' | 'float' | 'duration'; readonly default: number }
    | { readonly kind: 'uint64'; readonly default: bigint }
    | { readonly kind: 'list'; readonly default: readonly string[] }
    | {
        readonly kind: 'enum';
        readonly default: string;
        readonly options: readonly string[];
        /** Accepted besides the options, and what they mean. */
        readonly synonyms?: Readonly<Record<string, string>>;
        readonly ignoreCase?: boolean;
      }
  );

/** The type of a row's values. */
export type RowValue<R> = R extends { kind: 'bool' }
  ? boolean
  : R extends { kind: 'uint64' }
    ? bigint
    : R extends { kind: 'uint' | 'int' | 'float' | 'duration' }
      ? number
      : R extends { kind: 'list' }
        ? readonly string[]
        : R extends { kind: 'enum'; options: readonly (infer O)[]; default: infer D }
          ? O | D
          : string;

/** Any flag's value. */
export type FlagValue = string | boolean | number | bigint | readonly string[];
