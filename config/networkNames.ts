import { NETWORKS } from './networks/networks.js';

/** Every built-in network's name, sorted. A file of its own: who only lists them loads no decoder of their configs. */
export function networkNames(): readonly string[] {
  return Object.keys(NETWORKS);
}
