import { httpTime } from '../../runtime/clock.js';

/** The value of a Date header (RFC 9110, section 5.6.7), written anew only when the second changes. */
export class HttpDate {
  private second = -1;
  private text = '';

  /** @param nowMs Unix time. */
  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.text = httpTime(nowMs);
    }
    return this.text;
  }
}
