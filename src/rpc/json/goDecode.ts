import { invalidParams } from '../errors.js';
import { unquoteGo } from './goString.js';
import { skipValue, walkArray, walkObject } from './jsonScan.js';
import { foldKey } from './message.js';

/** Decoding of arguments with the faults and their texts that Go's `encoding/json` has for them. */

/** The text of Go's `json.UnmarshalTypeError`; where it happened is filled in by the structs around it. */
export class GoTypeError extends Error {
  override readonly name = 'GoTypeError';
  private readonly value: string;
  private readonly type: string;
  private struct = '';
  private path = '';

  constructor(value: string, type: string) {
    super();
    this.value = value;
    this.type = type;
    this.describe();
  }

  /** Puts it into a field: the struct named is the outermost, the path gets longer. Null changes nothing. */
  within(place: Place | null): void {
    if (place === null) return;
    this.struct = place.struct;
    this.path = [...place.path, this.path].filter((part) => part !== '').join('.');
    this.describe();
  }

  private describe(): void {
    const place = this.struct === '' ? 'value' : `struct field ${this.struct}.${this.path}`;
    this.message = `json: cannot unmarshal ${this.value} into Go ${place} of type ${this.type}`;
  }
}

/** Any other fault of a decoder: its text stands alone, without a place. */
export class GoTextError extends Error {
  override readonly name = 'GoTextError';
}

/** Where a value stands: the struct that holds it and the keys from the outermost struct on. */
interface Place {
  readonly struct: string;
  readonly path: readonly string[];
}

/** Keeps the first fault of a value that has the wrong kind: Go goes on decoding behind one and reports it at the end. */
export class GoDecodeContext {
  first: GoTypeError | null = null;

  save(error: GoTypeError, place: Place | null): void {
    error.within(place);
    this.first ??= error;
  }
}

/** A place in valid JSON; whoever decodes the value there moves it behind that value. */
export class JsonCursor {
  readonly text: string;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  /** The value here, as sent. */
  take(): string {
    const start = this.at;
    this.at = skipValue(this.text, start, 0);
    return this.text.slice(start, this.at);
  }

  /** True where the value here begins with this character. */
  isAt(character: string): boolean {
    return this.text[this.at] === character;
  }
}

/**
 * Decodes the value at a cursor, in one pass. A wrong kind goes to the context, and the result is then of no use;
 * a fault of a type that decodes itself is thrown: Go stops there, and it is reported before any saved one.
 */
export interface GoType<T> {
  /** As Go prints the type. */
  readonly name: string;
  readonly zero: T;
  decode(cursor: JsonCursor, context: GoDecodeContext, place: Place | null): T;
}

/** Decodes one argument. @throws Error with Go's text. */
export function decodeGo<T>(type: GoType<T>, cursor: JsonCursor): T {
  const context = new GoDecodeContext();
  const value = type.decode(cursor, context, null);
  if (context.first !== null) throw context.first;
  return value;
}

/** A type that reads its JSON itself (Go's `Unmarshaler`), `null` too. @param read throws GoTypeError or GoTextError. */
export function selfDecoding<T>(name: string, zero: T, read: (json: string) => T): GoType<T> {
  return {
    name,
    zero,
    decode: (cursor, _context, place) => {
      try {
        return read(cursor.take());
      } catch (error) {
        if (error instanceof GoTypeError) error.within(place);
        throw error;
      }
    },
  };
}

/** `bool`; `null` leaves it false. */
export const GO_BOOL: GoType<boolean> = {
  name: 'bool',
  zero: false,
  decode: (cursor, context, place) => {
    const json = cursor.take();
    if (json === 'true') return true;
    if (json !== 'false') refuseUnlessNull(json, 'bool', context, place);
    return false;
  },
};

const UINT64_LIMIT = 1n << 64n;
/** A JSON number has no leading zeros: with more digits it is larger, and is not computed. */
const MAX_UINT64_DIGITS = 20;

/** `uint64` as a JSON number; `null` leaves it zero. */
export const GO_PLAIN_UINT64: GoType<bigint> = {
  name: 'uint64',
  zero: 0n,
  decode: (cursor, context, place) => {
    const json = cursor.take();
    const isShort = json.length <= MAX_UINT64_DIGITS && /^[0-9]+$/.test(json);
    if (isShort && BigInt(json) < UINT64_LIMIT) return BigInt(json);
    if (/^[-0-9]/.test(json)) context.save(new GoTypeError(`number ${json}`, 'uint64'), place);
    else refuseUnlessNull(json, 'uint64', context, place);
    return 0n;
  },
};

/** `uint8` as a JSON number; `null` leaves it zero. */
export const GO_UINT8: GoType<number> = {
  name: 'uint8',
  zero: 0,
  decode: (cursor, context, place) => {
    const json = cursor.take();
    if (/^[0-9]{1,3}$/.test(json) && Number(json) < 256) return Number(json);
    if (/^[-0-9]/.test(json)) context.save(new GoTypeError(`number ${json}`, 'uint8'), place);
    else refuseUnlessNull(json, 'uint8', context, place);
    return 0;
  },
};

/** A string type; `null` leaves it empty. */
export function goString(name: string): GoType<string> {
  return {
    name,
    zero: '',
    decode: (cursor, context, place) => {
      const json = cursor.take();
      if (json[0] === '"') return unquoteGo(json);
      refuseUnlessNull(json, name, context, place);
      return '';
    },
  };
}

/** A pointer: `null` is undefined. */
export function goPointer<T>(type: GoType<T>): GoType<T | undefined> {
  return {
    name: `*${type.name}`,
    zero: undefined,
    decode: (cursor, context, place) => {
      if (!cursor.isAt('n')) return type.decode(cursor, context, place);
      cursor.take();
      return undefined;
    },
  };
}

/** A slice; `null` is the empty one. @param name where the slice type has one of its own. */
export function goSlice<T>(
  element: GoType<T>,
  name: string = `[]${element.name}`,
): GoType<readonly T[]> {
  return {
    name,
    zero: [],
    decode: (cursor, context, place) => {
      const items: T[] = [];
      if (!cursor.isAt('[')) {
        refuseUnlessNull(cursor.take(), name, context, place);
        return items;
      }
      cursor.at = walkArray(cursor.text, cursor.at, (at) => {
        cursor.at = at;
        items.push(element.decode(cursor, context, place));
        return cursor.at;
      });
      return items;
    },
  };
}

type FieldTypes<T> = { readonly [K in keyof T]: GoType<T[K]> };

/**
 * A struct: keys in any case, the last of equal keys wins, unknown ones are ignored, missing ones keep the zero value.
 * @param name with its package, as Go prints it.
 */
export function goStruct<T extends object>(name: string, fields: FieldTypes<T>): GoType<T> {
  const struct = name.slice(name.lastIndexOf('.') + 1);
  const names = Object.keys(fields) as (keyof T & string)[];
  const byFolded = new Map(names.map((key) => [foldKey(key), key]));
  /** No key is longer, with every letter of it written as an escape, and the quotes. */
  const maxKeyChars = 6 * Math.max(...names.map((key) => key.length)) + 2;
  const zero = Object.fromEntries(names.map((key) => [key, fields[key].zero])) as T;
  return {
    name,
    zero,
    decode: (cursor, context, place) => {
      const result = { ...zero };
      if (!cursor.isAt('{')) {
        refuseUnlessNull(cursor.take(), name, context, place);
        return result;
      }
      const { text } = cursor;
      cursor.at = walkObject(text, cursor.at, (keyStart, keyEnd, valueStart) => {
        const isKnown = keyEnd - keyStart <= maxKeyChars;
        const key = isKnown
          ? byFolded.get(foldKey(unquoteGo(text.slice(keyStart, keyEnd))))
          : undefined;
        cursor.at = valueStart;
        if (key === undefined) return skipValue(text, valueStart, 0);
        const inner = { struct, path: [...(place?.path ?? []), key] };
        result[key] = fields[key].decode(cursor, context, inner);
        return cursor.at;
      });
      return result;
    },
  };
}

/** The decoded arguments of a method, one per type. */
export type GoArgs<A extends readonly unknown[]> = { readonly [I in keyof A]: GoType<A[I]> };

/**
 * Reads positional arguments as go-ethereum does: absent and `null` parameters are an empty list, a pointer argument
 * may be left out, every other one is required.
 * @param params the raw parameters, a valid JSON value; null when the request has none.
 * @throws RpcFault -32602 with go-ethereum's text.
 */
export function parseArguments<A extends readonly unknown[]>(
  params: string | null,
  types: GoArgs<A>,
): A {
  const args: unknown[] = [];
  if (params !== null && params !== 'null') {
    if (params[0] !== '[') throw invalidParams(notAList(params));
    const cursor = new JsonCursor(params, 0);
    walkArray(params, 0, (at, index) => {
      const type = types[index];
      if (type === undefined) {
        throw invalidParams(`too many arguments, want at most ${types.length}`);
      }
      cursor.at = at;
      args.push(decodeArgument(type, cursor, index));
      return cursor.at;
    });
  }
  for (let index = args.length; index < types.length; index++) {
    const type = types[index];
    if (type === undefined || !type.name.startsWith('*')) {
      throw invalidParams(`missing value for required argument ${index}`);
    }
    args.push(type.zero);
  }
  return args as unknown as A;
}

/** Go reads the first token before it looks what it is, and a number into a float64. */
function notAList(params: string): string {
  const isTooLarge = /^[-0-9]/.test(params) && !Number.isFinite(Number(params));
  return isTooLarge
    ? `json: cannot unmarshal number ${params} into Go value of type float64`
    : 'non-array args';
}

function decodeArgument(type: GoType<unknown>, cursor: JsonCursor, index: number): unknown {
  try {
    return decodeGo(type, cursor);
  } catch (error) {
    if (!(error instanceof GoTypeError || error instanceof GoTextError)) throw error;
    throw invalidParams(`invalid argument ${index}: ${error.message}`);
  }
}

function refuseUnlessNull(
  json: string,
  type: string,
  context: GoDecodeContext,
  place: Place | null,
): void {
  if (json !== 'null') context.save(new GoTypeError(kindOf(json), type), place);
}

function kindOf(json: string): string {
  const first = json[0];
  if (first === '"') return 'string';
  if (first === '{') return 'object';
  if (first === '[') return 'array';
  return first === 't' || first === 'f' ? 'bool' : 'number';
}
