import { isoTime } from '../runtime/clock.js';
import type { LogLevel } from './logger.js';
import type { LogValue } from './logValue.js';
import { textOf } from './logValue.js';

/** The values of `--log.format`. `text` is `terminal` with colour and `logfmt` without. */
export type LogFormat = 'text' | 'terminal' | 'logfmt' | 'logfmtms' | 'json' | 'jsonms';

/** One line before it is formatted. */
export interface LogRecord {
  readonly level: LogLevel;
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  readonly message: string;
  readonly fields: readonly (readonly [key: string, value: LogValue])[];
}

/** A line without its line end. */
export type LogFormatter = (record: LogRecord) => string;

/**
 * The formatter of a format. The shapes are op-node's; times are always UTC.
 * Differs: op-node prints the local zone, so its lines change with the machine's setting.
 * op-node `op-service/log/cli.go`, go-ethereum `log/format.go`.
 */
export function logFormatter(format: LogFormat, color: boolean): LogFormatter {
  switch (format) {
    case 'json':
    case 'jsonms':
      return jsonLine;
    case 'logfmt':
      return (record) => logfmtLine(record, secondsTime);
    case 'logfmtms':
      return (record) => logfmtLine(record, millisTime);
    case 'terminal':
      return terminalFormatter(color);
    default:
      return color ? terminalFormatter(true) : (record) => logfmtLine(record, secondsTime);
  }
}

function jsonLine({ level, timeMs, message, fields }: LogRecord): string {
  const head = `{"t":"${isoTime(timeMs)}","lvl":"${level}","msg":${JSON.stringify(message)}`;
  const rest = fields.map(([key, value]) => `,${JSON.stringify(key)}:${jsonOf(value)}`);
  return `${head}${rest.join('')}}`;
}

/** JSON with big integers as plain digits. */
function jsonOf(value: LogValue): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}:${jsonOf(item)}`,
  );
  return `{${entries.join(',')}}`;
}

function logfmtLine(record: LogRecord, timeOf: (ms: number) => string): string {
  const head = `t=${timeOf(record.timeMs)} lvl=${record.level} msg=${quoted(record.message)}`;
  const rest = record.fields.map(([key, value]) => ` ${quoted(key)}=${quoted(textOf(value))}`);
  return head + rest.join('');
}

/** `2024-01-31T23:59:59+0000` */
function secondsTime(ms: number): string {
  return `${isoTime(ms).slice(0, 19)}+0000`;
}

/** `2024-01-31T23:59:59.123+0000` */
function millisTime(ms: number): string {
  return `${isoTime(ms).slice(0, 23)}+0000`;
}

/** Text as it is where a logfmt reader takes it as one word, else quoted as Go does. */
function quoted(text: string): string {
  return text === '' || /[="\p{C}\p{Z}]/u.test(text) ? goQuote(text) : text;
}

/** Go's `strconv.Quote`: printable characters stay, also those outside ASCII. */
function goQuote(text: string): string {
  const inner = [...text].map((char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    return isPrintable(char) ? char : goEscape(char);
  });
  return `"${inner.join('')}"`;
}

function isPrintable(char: string): boolean {
  return char === ' ' || !/[\p{C}\p{Z}]/u.test(char);
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function goEscape(char: string): string {
  const known = GO_ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

const ALIGNED: Readonly<Record<LogLevel, string>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO ',
  warn: 'WARN ',
  error: 'ERROR',
  crit: 'CRIT ',
};
const COLORS: Readonly<Record<LogLevel, string>> = {
  trace: '\u001b[34m',
  debug: '\u001b[36m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
  crit: '\u001b[35m',
};
const NO_COLOR = '\u001b[0m';
/** Messages are padded to this width, so that the fields of most lines begin in one column. */
const MESSAGE_WIDTH = 40;
/** Values up to this width are padded to the widest seen under their key. */
const MAX_VALUE_WIDTH = 40;

/** Lines for people. It remembers the widest value of each key, so the columns of following lines agree. */
function terminalFormatter(color: boolean): LogFormatter {
  const widths = new Map<string, number>();
  return ({ level, timeMs, message, fields }) => {
    const paint = (text: string): string => (color ? `${COLORS[level]}${text}${NO_COLOR}` : text);
    const iso = isoTime(timeMs);
    const time = `${iso.slice(5, 10)}|${iso.slice(11, 23)}`;
    const padded = fields.length > 0 ? message.padEnd(MESSAGE_WIDTH) : message;
    const rest = fields.map(([key, value], at) => {
      const text = quotedForTerminal(terminalText(value));
      const width = Math.max(widths.get(key) ?? 0, text.length);
      if (text.length <= MAX_VALUE_WIDTH) widths.set(key, width);
      const isLast = at === fields.length - 1;
      return ` ${paint(key)}=${isLast ? text : text.padEnd(width)}`;
    });
    return `${paint(ALIGNED[level])}[${time}] ${padded}${rest.join('')}`;
  };
}

/** Whole numbers from 100,000 up with separators, other numbers with three decimals, as go-ethereum shows them. */
function terminalText(value: LogValue): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return value.toFixed(3);
  if (typeof value !== 'number' && typeof value !== 'bigint') return textOf(value);
  const text = String(value);
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length);
  return digits.length > 5 ? `${sign}${grouped(digits)}` : text;
}

/** Digits with a comma before each third of them from the right. */
function grouped(digits: string): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3)
    groups.unshift(digits.slice(Math.max(0, end - 3), end));
  return groups.join(',');
}

function quotedForTerminal(text: string): string {
  if (/[^ #-~]|!/.test(text)) return goQuote(text);
  return /[ =]/.test(text) ? `"${text}"` : text;
}
