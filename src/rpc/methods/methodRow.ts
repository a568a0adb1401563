import { type GoArgs, parseArguments } from '../json/goDecode.js';

/** One row of the method table as it is written down. */
export interface MethodSpec<A extends readonly unknown[], R> {
  readonly name: string;
  /** Served only with `--rpc.enable-admin`. */
  readonly isAdmin?: boolean;
  readonly params: GoArgs<A>;
  /** JSON of the result, as op-node writes it. */
  readonly result: (value: R) => string;
  readonly call: (args: A, signal: AbortSignal) => R | Promise<R>;
  /**
   * The ready JSON of the result where it is kept, else null: answered at once, without `call`.
   * May throw what `call` may throw.
   */
  readonly kept?: (args: A) => string | null;
}

/** A row with its types closed over: arguments go from `parse` into `kept` and `call` unseen. */
export interface MethodRow {
  readonly name: string;
  readonly isAdmin: boolean;
  /** @throws RpcFault -32602 */
  parse(params: string | null): readonly unknown[];
  kept(args: readonly unknown[]): string | null;
  /** Resolves to the JSON of the result. */
  call(args: readonly unknown[], signal: AbortSignal): Promise<string>;
}

/** Ties parameters, result and handler of a method together, so that the table can hold rows of all types. */
export function methodRow<A extends readonly unknown[], R>(spec: MethodSpec<A, R>): MethodRow {
  return {
    name: spec.name,
    isAdmin: spec.isAdmin ?? false,
    parse: (params) => parseArguments(params, spec.params),
    kept: (args) => spec.kept?.(args as A) ?? null,
    call: async (args, signal) => spec.result(await spec.call(args as A, signal)),
  };
}

/** Result codec of methods that return nothing: go-ethereum writes `null`. */
export const NOTHING = (): string => 'null';

/** Result codec of flags. */
export const FLAG = (value: boolean): string => String(value);
