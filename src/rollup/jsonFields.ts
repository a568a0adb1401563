import type { Hex } from 'viem';
import type { JsonObject, JsonValue } from './json.js';
import { isJsonObject, jsonText } from './json.js';

const HEX = /^0[xX][0-9a-fA-F]*$/;

/** A key of a file that nobody asked for: most likely a wrong one. */
export interface UnreadKey {
  /** Dotted name, as it is written. */
  readonly name: string;
  /** Dotted names of the keys that its object may have. */
  readonly known: readonly string[];
}

/**
 * Reads typed fields of a JSON object and notes every problem instead of stopping at the first.
 * A missing field, and null but for hex, read as the zero value, as in Go's JSON, and a key is found in any case; another
 * type is a problem. Keys that nobody asks for are left alone; `unread` names them.
 */
export class JsonFields {
  /** By key in lower case; the last of several counts. */
  private readonly values: ReadonlyMap<string, JsonValue>;
  private readonly object: JsonObject;
  private readonly path: string;
  private readonly problems: string[];
  private readonly known = new Set<string>();
  private readonly children: JsonFields[] = [];

  /** @param path dotted name of the object in messages; empty for the top. */
  constructor(object: JsonObject, path: string, problems: string[]) {
    this.object = object;
    this.values = new Map(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]));
    this.path = path;
    this.problems = problems;
  }

  private name(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  private expected(key: string, value: JsonValue, what: string): void {
    this.problems.push(`${this.name(key)}: ${show(value)}: expected ${what}`);
  }

  private value(key: string): JsonValue | undefined {
    this.known.add(key);
    return this.values.get(key.toLowerCase());
  }

  private get(key: string): JsonValue | undefined {
    return this.value(key) ?? undefined;
  }

  /** Names keys that may be there and are not read. */
  passOver(keys: Iterable<string>): void {
    for (const key of keys) this.known.add(key);
  }

  /** The keys of an object whose keys are data. */
  keys(): readonly string[] {
    const keys = Object.keys(this.object);
    this.passOver(keys);
    return keys;
  }

  /** The keys of this object, and of those below it that were read, that nobody has asked for so far. */
  unread(): readonly UnreadKey[] {
    const known = [...this.known];
    const lower = new Set(known.map((key) => key.toLowerCase()));
    const own = Object.keys(this.object)
      .filter((key) => !lower.has(key.toLowerCase()))
      .map((key) => ({ name: this.name(key), known: known.map((other) => this.name(other)) }));
    return [...own, ...this.children.flatMap((child) => child.unread())];
  }

  /** The object under the key, or null. */
  optionalChild(key: string): JsonFields | null {
    const value = this.get(key);
    if (value === undefined) return null;
    if (!isJsonObject(value)) {
      this.expected(key, value, 'an object');
      return null;
    }
    const child = new JsonFields(value, this.name(key), this.problems);
    this.children.push(child);
    return child;
  }

  /** The object under the key; an empty one when it is missing. */
  child(key: string): JsonFields {
    return this.optionalChild(key) ?? new JsonFields({}, this.name(key), this.problems);
  }

  optionalUint(key: string, bits = 64): bigint | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'bigint' && value >= 0n && value < 1n << BigInt(bits)) return value;
    this.expected(key, value, `a whole number of at most ${bits} bits`);
    return undefined;
  }

  uint(key: string, bits = 64): bigint {
    return this.optionalUint(key, bits) ?? 0n;
  }

  /** A whole number of any size and sign. */
  integer(key: string): bigint {
    const value = this.get(key);
    if (value === undefined) return 0n;
    if (typeof value === 'bigint') return value;
    this.expected(key, value, 'a whole number');
    return 0n;
  }

  /** Lower-case hex of exactly so many bytes; zeros when missing. Go's addresses and hashes refuse null. */
  hex(key: string, bytes: number): Hex {
    const zero: Hex = `0x${'00'.repeat(bytes)}`;
    const value = this.value(key);
    if (value === undefined) return zero;
    if (typeof value === 'string' && value.length === 2 + bytes * 2 && HEX.test(value)) {
      return value.toLowerCase() as Hex;
    }
    this.expected(key, value, `0x and ${bytes * 2} hex digits`);
    return zero;
  }

  string(key: string): string {
    const value = this.get(key);
    if (value === undefined) return '';
    if (typeof value === 'string') return value;
    this.expected(key, value, 'a string');
    return '';
  }

  bool(key: string): boolean {
    const value = this.get(key);
    if (value === undefined) return false;
    if (typeof value === 'boolean') return value;
    this.expected(key, value, 'true or false');
    return false;
  }
}

/** A JSON value on one line, for messages; long ones are cut. */
function show(value: JsonValue): string {
  const text = jsonText(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
