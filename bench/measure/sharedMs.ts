const NS_PER_MS = 1e6;

/** Milliseconds of the clock that all processes of a machine share, with fractions: it is never set, as the time of day is. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}
