import { NotFoundError } from '@libp2p/interface';
import type { Batch, Datastore, KeyQuery, Pair, Query } from 'interface-datastore';
import { Key } from 'interface-datastore';
import type { P2pStore } from '../ports.js';

/** Where libp2p's peer store keeps what it knows, within our own store. */
const PREFIX = '/libp2p';

/** The store as libp2p wants it. */
export class PeerDatastore implements Datastore {
  constructor(private readonly store: P2pStore) {}

  async put(key: Key, value: Uint8Array): Promise<Key> {
    await this.store.put(PREFIX + key.toString(), value);
    return key;
  }

  get(key: Key): Uint8Array {
    const value = this.store.get(PREFIX + key.toString());
    if (value === null) throw new NotFoundError(`no value for ${key.toString()}`);
    return value;
  }

  has(key: Key): boolean {
    return this.store.get(PREFIX + key.toString()) !== null;
  }

  async delete(key: Key): Promise<void> {
    await this.store.delete(PREFIX + key.toString());
  }

  async *putMany(source: AsyncIterable<Pair> | Iterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield await this.put(key, value);
  }

  async *getMany(source: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: this.get(key) };
  }

  async *deleteMany(source: AsyncIterable<Key> | Iterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      await this.delete(key);
      yield key;
    }
  }

  batch(): Batch {
    const steps: (() => Promise<unknown>)[] = [];
    return {
      put: (key, value) => void steps.push(() => this.put(key, value)),
      delete: (key) => void steps.push(() => this.delete(key)),
      commit: async () => {
        for (const step of steps.splice(0)) await step();
      },
    };
  }

  async *query({ prefix = '', filters = [], offset = 0, limit, orders = [] }: Query) {
    let pairs = this.pairs(prefix).filter((pair) => filters.every((filter) => filter(pair)));
    for (const order of orders) pairs = pairs.sort(order);
    yield* pairs.slice(offset, limit === undefined ? undefined : offset + limit);
  }

  async *queryKeys({ prefix = '', filters = [], offset = 0, limit, orders = [] }: KeyQuery) {
    let keys = this.pairs(prefix).map(({ key }) => key);
    keys = keys.filter((key) => filters.every((filter) => filter(key)));
    for (const order of orders) keys = keys.sort(order);
    yield* keys.slice(offset, limit === undefined ? undefined : offset + limit);
  }

  private pairs(prefix: string): Pair[] {
    return [...this.store.entries(PREFIX + prefix)].map(([key, value]) => ({
      key: new Key(key.slice(PREFIX.length)),
      value,
    }));
  }
}
