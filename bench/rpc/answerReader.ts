const HEAD_END = '\r\n\r\n';
/** Ends a body of unknown length; JSON has no line ends of this kind. */
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/** Finds where the answers end that come one after the other on a connection. */
export class AnswerReader {
  private head: Buffer = Buffer.alloc(0);
  /** Bytes of the body still to come; null while the head is read. */
  private left: number | null = null;
  private tail: Buffer = Buffer.alloc(0);

  /** @returns true when the answer is whole. @throws Error where it is not of status 200. */
  take(chunk: Buffer): boolean {
    const body = this.left === null ? this.behindHead(chunk) : chunk;
    if (body === null || this.left === null) return false;
    this.left -= body.length;
    const isWhole = this.left === Number.POSITIVE_INFINITY ? this.isLast(body) : this.left <= 0;
    if (isWhole) this.left = null;
    return isWhole;
  }

  private behindHead(chunk: Buffer): Buffer | null {
    const bytes = this.head.length === 0 ? chunk : Buffer.concat([this.head, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.head = bytes;
      return null;
    }
    this.head = Buffer.alloc(0);
    this.tail = this.head;
    const head = bytes.toString('latin1', 0, end);
    if (!head.startsWith('HTTP/1.1 200')) throw new Error(`the answer is ${head.slice(0, 40)}`);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    this.left = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    return bytes.subarray(end + HEAD_END.length);
  }

  private isLast(body: Buffer): boolean {
    const bytes = body.length >= LAST_CHUNK.length ? body : Buffer.concat([this.tail, body]);
    this.tail = bytes.subarray(-LAST_CHUNK.length);
    return this.tail.equals(LAST_CHUNK);
  }
}
