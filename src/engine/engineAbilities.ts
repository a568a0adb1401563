import type { RollupConfig } from '../rollup/rollupConfig.js';
import { WatchCell, type WatchReader } from '../runtime/watch.js';
import { blockMethods } from './engineMethods.js';

/**
 * What our execution client has shown that it can: the methods that it lists, and those of them that it refused all the
 * same. Written by the probe and by the client of the Engine API; asked by the latter for each building job.
 */
export class EngineAbilities {
  private listed: ReadonlySet<string> | null = null;
  private readonly refused = new Set<string>();
  private isAway = false;
  private readonly returned = new WatchCell(0);

  constructor(private readonly rollup: Pick<RollupConfig, 'forks'>) {}

  /** Rises each time the execution client answers again after it was not to be reached: it may be another one. */
  get returns(): WatchReader<number> {
    return this.returned;
  }

  /** @param methods full names; null where the execution client does not tell. */
  learn(methods: ReadonlySet<string> | null): void {
    this.listed = methods;
    this.refused.clear();
  }

  /** Full names of the methods to take a block of this time with, in the order to try them; at least one. */
  payloadMethods(timestamp: bigint): readonly string[] {
    const { getPayload } = blockMethods(this.rollup, timestamp);
    const all = getPayload.map((version) => `engine_getPayload${version}`);
    const had = all.filter((name) => this.listed?.has(name) ?? true);
    const open = had.filter((name) => !this.refused.has(name));
    if (open.length > 0) return open;
    return had.length > 0 ? had : all;
  }

  /** It does not have this method after all, or not at this fork. */
  refuse(method: string): void {
    this.refused.add(method);
  }

  notReached(): void {
    this.isAway = true;
  }

  answered(): void {
    if (!this.isAway) return;
    this.isAway = false;
    this.returned.set(this.returned.get() + 1);
  }
}
