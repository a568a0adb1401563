import { GrownBytes } from './grownBytes.js';
import type { HttpAnswer } from './httpAnswer.js';
import { MAX_INTERIM_ANSWERS } from './httpWay.js';

/** As much as Node.js reads of the head of an answer, and of what follows a body in chunks. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const BARE_NEWLINE = /(?:^|[^\r])\n/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const CHUNK_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const LENGTH = /^\d{1,15}$/;
const NO_BYTES = Buffer.alloc(0);

/** What is being read. `body` is of a known length, `rest` is all that comes until the connection ends. */
type Phase = 'head' | 'body' | 'rest' | 'chunkLine' | 'chunk' | 'chunkEnd' | 'trailer' | 'done';

/**
 * Reads one answer of HTTP/1.1 as its parts come in, as strict as Node.js does: what could be read in two ways is refused.
 * Spec: RFC 9112.
 */
export class AnswerParser {
  private phase: Phase = 'head';
  /** What has come of a head or of a line that is not complete. */
  private begun = NO_BYTES;
  private status = 0;
  private headers: Record<string, string> = {};
  private readonly body = new GrownBytes();
  /** Bytes of the body, or of the chunk, that are still to come. */
  private left = 0;
  private trailerBytes = 0;
  private interimAnswers = 0;
  private isTooLarge = false;
  private isPersistent = true;
  private hasMore = false;
  /** Something has come. */
  hasBegun = false;

  /** @param maxBytes what may be read of a body, by the answer's status. */
  constructor(private readonly maxBytes: (status: number) => number) {}

  /** Nothing came but what belongs to this answer, and the server goes on with the connection. */
  get isReusable(): boolean {
    return this.phase === 'done' && this.isPersistent && !this.hasMore && !this.isTooLarge;
  }

  /** What the server sent. */
  get answer(): HttpAnswer {
    const { status, headers, body, isTooLarge } = this;
    return { status, headers, body: body.bytes, isTooLarge };
  }

  /** @param bytes are not kept. @returns true when the answer is complete, or too large. @throws Error when it is no HTTP. */
  take(bytes: Buffer): boolean {
    this.hasBegun = true;
    let at = 0;
    while (at < bytes.length && this.phase !== 'done') at += this.step(bytes, at);
    this.hasMore = at < bytes.length;
    return this.phase === 'done';
  }

  /** The connection has ended. @returns true when the answer is complete by that. */
  end(): boolean {
    if (this.phase === 'rest') this.phase = 'done';
    return this.phase === 'done';
  }

  /** @returns how many bytes it took, at least one. */
  private step(bytes: Buffer, at: number): number {
    switch (this.phase) {
      case 'head':
        return this.takeHead(bytes.subarray(at));
      case 'rest':
        this.keep(bytes.subarray(at));
        return bytes.length - at;
      case 'body':
      case 'chunk':
        return this.takeCounted(bytes.subarray(at, at + this.left));
      default:
        return this.takeLine(bytes.subarray(at));
    }
  }

  private takeHead(bytes: Buffer): number {
    const before = this.begun.length;
    const all = before === 0 ? bytes : Buffer.concat([this.begun, bytes]);
    const end = all.indexOf(HEAD_END);
    if ((end < 0 ? all.length : end) > MAX_HEAD_BYTES)
      throw new Error('head of the answer is too large');
    if (end < 0) {
      // It would be waited for an end that has come already, in a way that is not taken.
      if (BARE_NEWLINE.test(all.toString('latin1')))
        throw new Error('line of the answer is malformed');
      this.begun = Buffer.from(all);
      return bytes.length;
    }
    this.begun = NO_BYTES;
    this.readHead(all.toString('latin1', 0, end));
    return end + HEAD_END.length - before;
  }

  private readHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    const [, minor, digits] = STATUS_LINE.exec(first) ?? [];
    if (digits === undefined) throw new Error('answer is no HTTP');
    this.status = Number(digits);
    this.headers = {};
    for (const line of lines) this.readHeader(line);
    // Of 1xx answers only the last, real one counts; nobody asked for another protocol.
    if (this.status === 101) throw new Error('answer changes the protocol');
    if (this.status >= 200) this.readFraming(minor === '1');
    else if (++this.interimAnswers > MAX_INTERIM_ANSWERS) throw new Error('answer does not begin');
  }

  private readHeader(line: string): void {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new Error('header of the answer is malformed');
    const key = name.toLowerCase();
    const before = this.headers[key];
    this.headers[key] = before === undefined ? value.trim() : `${before}, ${value.trim()}`;
  }

  private readFraming(isNewer: boolean): void {
    const { headers } = this;
    const coding = headers['transfer-encoding'];
    const length = headers['content-length'];
    const connection = (headers.connection ?? '').toLowerCase();
    this.isPersistent = isNewer ? !connection.includes('close') : connection.includes('keep-alive');
    if (coding !== undefined && length !== undefined) throw new Error('answer has two lengths');
    if (this.status === 204 || this.status === 304) this.phase = 'done';
    else if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') throw new Error('transfer encoding is unknown');
      // The older protocol has no chunks: who sends them and who reads them may not agree where they end.
      if (!isNewer) this.isPersistent = false;
      this.phase = 'chunkLine';
    } else if (length === undefined) this.phase = 'rest';
    else this.expectBody(length);
  }

  /** The announced length saves reading an answer that is too large anyway; the count holds for all others. */
  private expectBody(length: string): void {
    if (!LENGTH.test(length)) throw new Error('length of the answer is malformed');
    this.left = Number(length);
    if (this.left > this.maxBytes(this.status)) this.tooLarge();
    else {
      this.phase = this.left === 0 ? 'done' : 'body';
      this.body.expect(this.left);
    }
  }

  private takeCounted(bytes: Buffer): number {
    this.left -= bytes.length;
    if (this.left === 0) this.phase = this.phase === 'body' ? 'done' : 'chunkEnd';
    this.keep(bytes);
    return bytes.length;
  }

  private keep(bytes: Buffer): void {
    if (this.body.size + bytes.length > this.maxBytes(this.status)) this.tooLarge();
    else this.body.add(bytes);
  }

  private tooLarge(): void {
    this.isTooLarge = true;
    this.phase = 'done';
  }

  private takeLine(bytes: Buffer): number {
    const end = bytes.indexOf(0x0a);
    const part = end < 0 ? bytes : bytes.subarray(0, end + 1);
    if (this.begun.length + part.length > MAX_HEAD_BYTES)
      throw new Error('line of the answer is too long');
    const line = this.begun.length === 0 ? part : Buffer.concat([this.begun, part]);
    if (end < 0) this.begun = Buffer.from(line);
    else {
      this.begun = NO_BYTES;
      if (line.at(-2) !== 0x0d) throw new Error('line of the answer is malformed');
      this.readLine(line.toString('latin1', 0, line.length - 2));
    }
    return part.length;
  }

  private readLine(line: string): void {
    if (this.phase === 'chunkLine') this.readChunkLine(line);
    else if (this.phase === 'chunkEnd') {
      if (line !== '') throw new Error('chunk of the answer is malformed');
      this.phase = 'chunkLine';
    } else if (line === '') this.phase = 'done';
    else {
      if (!HEADER_LINE.test(line)) throw new Error('trailer of the answer is malformed');
      this.trailerBytes += line.length;
      if (this.trailerBytes > MAX_HEAD_BYTES) throw new Error('trailer of the answer is too large');
    }
  }

  private readChunkLine(line: string): void {
    const digits = CHUNK_LINE.exec(line)?.[1];
    if (digits === undefined) throw new Error('chunk of the answer is malformed');
    this.left = Number.parseInt(digits, 16);
    this.phase = this.left === 0 ? 'trailer' : 'chunk';
  }
}
