/** What is known about peers, gone with the process: `--p2p.peerstore.path=memory`. */
export class MemoryP2pStore {
  private readonly values = new Map<string, Uint8Array>();

  get(key: string): Uint8Array | null {
    return this.values.get(key) ?? null;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    this.values.set(key, value);
  }

  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }

  *entries(prefix: string): Iterable<readonly [string, Uint8Array]> {
    const keys = [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const value = this.values.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  async close(): Promise<void> {
    this.values.clear();
  }
}
