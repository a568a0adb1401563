import type { Pauses } from '../../src/derive/codec/decompress.js';
import { decompressChannel } from '../../src/derive/codec/decompress.js';
import type { Decompressed } from '../../src/derive/codec/faultyChannel.js';
import type { Sliced, Turn } from '../../src/rollup/slices.js';
import { whole } from '../../src/rollup/slices.js';

/** How many slices it has. */
export function slicesOf(sliced: Sliced<unknown>): number {
  let slices = 1;
  while (sliced.next().done !== true) slices += 1;
  return slices;
}

/** Nobody else is there. */
export const NO_TURN: Turn = async () => undefined;

/** Without a pause. */
export const AT_ONCE: Pauses = async (sliced) => whole(sliced);

/** `decompressChannel` without a pause. */
export function decompressed(
  data: Uint8Array,
  limit: number,
  isBrotliAllowed: boolean,
): Promise<Decompressed | null> {
  return decompressChannel(data, { limit, isBrotliAllowed }, AT_ONCE);
}
