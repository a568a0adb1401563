import type { P2pStore } from '../ports.js';

const PREFIX = '/peers/md/';

/** What discovery knows of a peer beside its addresses. */
export interface FoundFacts {
  /** Its record as text. */
  readonly enr: string;
  readonly chainId: number;
}

/** Peers that were discovered, over restarts. */
export class FoundBook {
  constructor(private readonly store: P2pStore) {}

  async keep(peer: string, facts: FoundFacts): Promise<void> {
    await this.store.put(PREFIX + peer, Buffer.from(JSON.stringify(facts)));
  }

  /** Null where the peer was not discovered. */
  of(peer: string): FoundFacts | null {
    const value = this.store.get(PREFIX + peer);
    return value === null ? null : (JSON.parse(Buffer.from(value).toString()) as FoundFacts);
  }
}
