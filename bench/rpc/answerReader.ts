const HEAD_END = '\r\n\r\n';
/** Ends a body of unknown length; JSON has no line ends of this kind. */
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** The head read last, of whichever connection: one that is the same to the byte says the same. */
export class LastHead {
  private bytes: Buffer = NOTHING;
  private bodyBytes = 0;

  /** How long its body is where the same head stands here; else null. */
  lengthIn(bytes: Buffer, length: number): number | null {
    const size = this.bytes.length;
    const isSame = size > 0 && length >= size && bytes.compare(this.bytes, 0, size, 0, size) === 0;
    return isSame ? this.bodyBytes : null;
  }

  /** Bytes of the head with its empty line. */
  get size(): number {
    return this.bytes.length;
  }

  /** @returns how long its body is; infinite where it does not say. @throws Error where it is not of status 200. */
  read(bytes: Buffer): number {
    const head = bytes.toString('latin1');
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(`the answer is ${head.slice(0, 40)}`);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    this.bytes = Buffer.from(bytes);
    this.bodyBytes = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    return this.bodyBytes;
  }
}

/** Finds where the answers end that come one after the other on a connection. */
export class AnswerReader {
  private readonly lastHead: LastHead;
  /** What there is of a head that came in parts. */
  private head: Buffer = NOTHING;
  /** Bytes of the body still to come; null while the head is read. */
  private left: number | null = null;
  /** The end of a body of unknown length. */
  private tail: Buffer = NOTHING;

  constructor(lastHead = new LastHead()) {
    this.lastHead = lastHead;
  }

  /**
   * @param bytes what came in, up to `length`; used for other things afterwards.
   * @returns true when the answer is whole. @throws Error where it is not of status 200, or longer than it says.
   */
  take(bytes: Buffer, length = bytes.length): boolean {
    const from = this.left === null ? this.behindHead(bytes, length) : 0;
    if (this.left === null) return false;
    this.left -= length - from;
    if (this.left < 0) throw new Error('more came than the answer says it has');
    const isWhole =
      this.left === Number.POSITIVE_INFINITY ? this.isLast(bytes, from, length) : this.left === 0;
    if (isWhole) this.left = null;
    return isWhole;
  }

  /** @returns where the body begins. */
  private behindHead(bytes: Buffer, length: number): number {
    if (this.head.length === 0) {
      this.left = this.lastHead.lengthIn(bytes, length);
      if (this.left !== null) return this.lastHead.size;
    }
    const before = this.head.length;
    const soFar = Buffer.concat([this.head, bytes.subarray(0, length)]);
    const end = soFar.indexOf(HEAD_END);
    this.head = end < 0 ? soFar : NOTHING;
    if (end < 0) return length;
    const size = end + HEAD_END.length;
    this.left = this.lastHead.read(soFar.subarray(0, size));
    return size - before;
  }

  private isLast(bytes: Buffer, from: number, length: number): boolean {
    const start = Math.max(from, length - LAST_CHUNK.length);
    const end = Buffer.concat([this.tail, bytes.subarray(start, length)]);
    this.tail = end.subarray(-LAST_CHUNK.length);
    const isLast = this.tail.equals(LAST_CHUNK);
    if (isLast) this.tail = NOTHING;
    return isLast;
  }
}
