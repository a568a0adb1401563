import type { Clock } from '../../runtime/clock.js';
import type { P2pStore } from '../ports.js';

const PREFIX = '/peers/md/';
/** Since it was found for the last time. */
const KEEP_MS = 7 * 24 * 3600 * 1000;

/** What discovery knows of a peer beside its addresses. */
export interface FoundFacts {
  /** Its record as text. */
  readonly enr: string;
  readonly chainId: number;
}

interface FoundRecord extends FoundFacts {
  /** Unix milliseconds. */
  readonly foundMs: number;
}

/** Peers that were discovered, over restarts. */
export class FoundBook {
  constructor(
    private readonly store: P2pStore,
    private readonly clock: Pick<Clock, 'nowMs'>,
  ) {}

  async keep(peer: string, facts: FoundFacts): Promise<void> {
    const record: FoundRecord = { ...facts, foundMs: this.clock.nowMs() };
    await this.store.put(PREFIX + peer, Buffer.from(JSON.stringify(record)));
  }

  /** Null where the peer was not discovered, or that was long ago. */
  of(peer: string): FoundFacts | null {
    const value = this.store.get(PREFIX + peer);
    if (value === null) return null;
    const record = decode(value);
    return this.isOld(record) ? null : record;
  }

  /** Deletes what was found long ago. */
  async cleanUp(): Promise<void> {
    for (const [key, value] of [...this.store.entries(PREFIX)]) {
      if (this.isOld(decode(value))) await this.store.delete(key);
    }
  }

  private isOld({ foundMs }: FoundRecord): boolean {
    return this.clock.nowMs() - foundMs > KEEP_MS;
  }
}

function decode(value: Uint8Array): FoundRecord {
  return JSON.parse(Buffer.from(value).toString()) as FoundRecord;
}
