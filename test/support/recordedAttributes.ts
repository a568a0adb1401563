import type { PayloadAttributes } from '../../src/types/payload.js';
import type { Json } from './recordedWorld.js';

const QUANTITIES = ['timestamp', 'gasLimit', 'minBaseFee'];

/** Attributes as the node has them, from those that a world recorded in the form of the Engine API. */
export function recordedAttributes(recorded: unknown): PayloadAttributes {
  const attributes: Record<string, unknown> = { noTxPool: false };
  for (const [key, value] of Object.entries(recorded as Json)) {
    attributes[key] = QUANTITIES.includes(key) ? BigInt(value as string | number) : value;
  }
  return attributes as unknown as PayloadAttributes;
}
