/** Status, headers and body of an answer that was read to its end, or to its bound. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** True when it is longer than allowed: then the body is what had come of it, and its connection is ended. */
  readonly isTooLarge: boolean;
}
