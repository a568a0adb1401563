import { isIPv6 } from 'node:net';

/**
 * Leading one bits of a mask in base64 for networks like `ip`; null when others follow, or it is neither 4 nor 16 bytes,
 * or 4 for IPv6, which Go takes for a mask of nothing.
 * Of a long mask for IPv4 the end counts, as in Go.
 */
export function maskBits(text: string, ip: string): number | null {
  const whole = Buffer.from(text, 'base64');
  if (whole.length !== 4 && whole.length !== 16) return null;
  if (isIPv6(ip) && whole.length === 4) return null;
  const bytes = isIPv6(ip) ? whole : whole.subarray(-4);
  const digits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const bits = digits.indexOf('0') === -1 ? digits.length : digits.indexOf('0');
  return digits.slice(bits).includes('1') ? null : bits;
}

/** The mask of so many leading one bits for networks like `ip`, in base64. */
export function maskText(ip: string, bits: number): string {
  const bytes = Buffer.alloc(isIPv6(ip) ? 16 : 4);
  for (let bit = 0; bit < bits; bit += 1) {
    const index = Math.floor(bit / 8);
    bytes[index] = (bytes[index] ?? 0) | (0x80 >> (bit % 8));
  }
  return bytes.toString('base64');
}
