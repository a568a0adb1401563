/** Milliseconds of a clock that all processes of a machine share, with fractions. */
export function sharedMs(): number {
  return performance.timeOrigin + performance.now();
}
