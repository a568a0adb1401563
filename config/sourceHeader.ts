/** An HTTP header for one of the followed nodes. */
export interface SourceHeader {
  /** Place of the node in the list, from 0. */
  readonly source: number;
  readonly name: string;
  readonly value: string;
}

/** A place, a header name of RFC 9110's characters, and a value on one line. */
const HEADER = /^(?:(\d{1,4})=)?([!#$%&'*+.^_`|~\w-]+): ?([\t\x20-\x7e]+)$/;

/** Reads `Name: value`, which is for the first node, or `N=Name: value`; null where it is neither. */
export function parseSourceHeader(text: string): SourceHeader | null {
  const [, source = '0', name, value] = HEADER.exec(text) ?? [];
  return name === undefined || value === undefined
    ? null
    : { source: Number(source), name, value: value.trim() };
}
