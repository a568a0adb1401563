import { postBlocks } from '../conformance/postBlocks.js';
import type { SyncStatusJson } from '../conformance/recorded.js';
import type { World } from '../conformance/world.js';
import { metricKey, scrape } from './metricsText.js';
import type { RunningNode } from './nodeProcess.js';
import { rpc } from './rpcClient.js';
import { waitFor } from './waitFor.js';

/** What every rig does with the node that it started last. */
export abstract class NodeRig {
  abstract readonly world: World;
  /** How long `reach` waits. */
  protected abstract readonly reachMs: number;
  #node: RunningNode | null = null;

  /** Makes it the node that the rig speaks to. */
  protected use(node: RunningNode): RunningNode {
    this.#node = node;
    return node;
  }

  /** The node that was started last. */
  get node(): RunningNode {
    if (this.#node === null) throw new Error('no node was started');
    return this.#node;
  }

  /** Posts recorded unsafe blocks to the node once its engine is ready for them. */
  async post(from: number, to: number): Promise<void> {
    await this.reach('the engine is ready', (status) => BigInt(status.unsafe_l2.hash) !== 0n);
    await postBlocks(this.node.url, this.world, { from, to });
  }

  status(): Promise<SyncStatusJson> {
    return rpc<SyncStatusJson>(this.node.url, 'optimism_syncStatus');
  }

  /** Waits until the node's status passes. @throws Error when it does not in time, or the node ended. */
  reach(what: string, holds: (status: SyncStatusJson) => boolean): Promise<SyncStatusJson> {
    return this.#until(what, () => this.status(), holds);
  }

  /** A counter or gauge of the node, without its namespace; 0 where it was never set. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const values = await scrape(this.node.metricsUrl);
    return values.get(metricKey(`op_node_default_${name}`, labels)) ?? 0;
  }

  /** Waits until a counter or gauge passes. @throws Error when it does not in time, or the node ended. */
  async reachMetric(
    name: string,
    holds: (value: number) => boolean,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#until(metricKey(name, labels), () => this.metric(name, labels), holds);
  }

  async #until<T>(what: string, read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
    let last: T | undefined;
    const probe = async () => {
      last = await read();
      return holds(last) ? last : undefined;
    };
    const failIf = () => this.node.process.failure();
    return waitFor(probe, { what, timeoutMs: this.reachMs, failIf }).catch((thrown: unknown) => {
      throw new Error(`not reached: ${what}; last ${JSON.stringify(last)}`, { cause: thrown });
    });
  }
}
