/** The values of `--l1.rpckind`: what kind of provider serves L1. */
export const RPC_KINDS = [
  'alchemy',
  'quicknode',
  'infura',
  'parity',
  'nethermind',
  'debug_geth',
  'erigon',
  'basic',
  'any',
  'standard',
] as const;

export type RpcKind = (typeof RPC_KINDS)[number];
