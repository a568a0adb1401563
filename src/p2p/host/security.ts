import { noise } from '@chainsafe/libp2p-noise';
import type { Libp2pOptions } from 'libp2p';

/** A name of `--p2p.security`. */
export type Security = 'noise' | 'tls' | 'none';

type Encrypters = NonNullable<Libp2pOptions['connectionEncrypters']>;

/** How each is made; what hardly anybody asks for is read only then. */
const MAKERS: Readonly<Record<Security, () => Promise<Encrypters[number]>>> = {
  noise: async () => noise(),
  tls: async () => (await import('@libp2p/tls')).tls(),
  none: async () => (await import('@libp2p/plaintext')).plaintext(),
};

/** What keeps connections secret, in order of preference. Ids as op-node's: `/noise`, `/tls/1.0.0`, `/plaintext/2.0.0`. */
export function connectionEncrypters(names: readonly Security[]): Promise<Encrypters> {
  return Promise.all(names.map((name) => MAKERS[name]()));
}
