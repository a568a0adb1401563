import { NodeError } from '../errors/nodeError.js';
import { redactText } from './redact.js';

/** A field's value made fit for a log line: no secrets, no cycles, nothing that a format cannot print. */
export type LogValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };

const MASK = '***';
/** Values under such a key are never printed; paths of files are no secrets. */
const SECRET_WORD = /secret|password|passphrase|private_?key|authorization|jwt|mnemonic/;
const FILE_WORDS: readonly string[] = ['path', 'file'];
/** Deeper values say little in a log line and may be cyclic. */
const MAX_DEPTH = 4;
const MAX_CAUSES = 8;
/** No text in a line is longer: whatever made it, one line cannot fill a log. */
const MAX_TEXT_CHARS = 8_000;

/**
 * Turns any value into a LogValue. Block refs become `hash:number`, as op-node prints them; errors one line with
 * code, fields and causes; bytes hex. URLs lose their credentials, values under secret names are masked.
 */
export function toLogValue(key: string, value: unknown, depth = 0): LogValue {
  if (isSecret(key) && value !== null && value !== undefined) return MASK;
  switch (typeof value) {
    case 'string':
      return shortText(value);
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : objectValue(value, depth);
    case 'undefined':
      return null;
    default:
      return String(value);
  }
}

/** True where a secret's word stands in the key with none of a file's behind it. */
function isSecret(key: string): boolean {
  const lower = key.toLowerCase();
  const fileWord = Math.max(...FILE_WORDS.map((word) => lower.lastIndexOf(word)));
  return SECRET_WORD.test(lower.slice(fileWord + 1));
}

/**
 * One line for an error: code and message, its fields, then its causes, the outermost first. The parts of an
 * AggregateError follow in brackets.
 */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && parts.length < MAX_CAUSES) {
    parts.push(oneError(next));
    next = next instanceof Error ? next.cause : undefined;
  }
  return shortText(parts.join(': '));
}

/** Redacted before it is cut, so that no secret is cut into something that does not look like one. */
function shortText(text: string): string {
  const shown = redactText(text);
  if (shown.length <= MAX_TEXT_CHARS) return shown;
  return `${shown.slice(0, MAX_TEXT_CHARS)}… (cut, ${shown.length} characters)`;
}

function oneError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fields = error instanceof NodeError ? Object.entries(error.fields) : [];
  const shown = fields.map(([key, value]) => `${key}=${textOf(toLogValue(key, value))}`);
  const code = error instanceof NodeError ? `${error.code} ` : '';
  const details = shown.length > 0 ? ` (${shown.join(', ')})` : '';
  const inner =
    error instanceof AggregateError ? ` [${error.errors.map(errorText).join('; ')}]` : '';
  return `${code}${error.message}${details}${inner}`;
}

function objectValue(value: object, depth: number): LogValue {
  if (value instanceof Error) return errorText(value);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (isBlockRef(value)) return `${value.hash}:${value.number}`;
  if (value instanceof URL) return redactText(value.href);
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((item) => toLogValue('', item, depth + 1));
  const entries = Object.entries(value).map(
    ([key, item]) => [key, toLogValue(key, item, depth + 1)] as const,
  );
  return Object.fromEntries(entries);
}

function isBlockRef(value: object): value is { hash: string; number: bigint } {
  return (
    'hash' in value &&
    typeof value.hash === 'string' &&
    'number' in value &&
    typeof value.number === 'bigint'
  );
}

/** The value as unquoted text, lists and objects in Go's notation: `[a b]`, `{key:value}`. */
export function textOf(value: LogValue): string {
  if (value === null) return '<nil>';
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(textOf).join(' ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${key}:${textOf(item)}`);
  return `{${entries.join(' ')}}`;
}

function isList(value: object): value is readonly LogValue[] {
  return Array.isArray(value);
}
