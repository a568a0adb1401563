import { type Fault, FaultBox } from './faults.js';
import { answerBody, MethodError, type Methods } from './jsonRpc.js';
import { LoopbackServer } from './loopbackServer.js';
import { mergeStatus, type StatusPatch } from './mergeStatus.js';
import type { L2RefJson, OutputJson, SyncStatusJson } from './recorded.js';
import { l2At, statusAtL1, type UnsafeHead } from './statusAtL1.js';
import type { World } from './world.js';

export interface SourceServerOptions {
  readonly world: World;
  /** What it answers first; the world's recorded status unless given. */
  readonly status?: SyncStatusJson;
  readonly port?: number;
}

/** A command by HTTP: `POST /control`. Each key is optional, done in this order. */
export interface SourceControl {
  /** Back to the first status. */
  readonly reset?: boolean;
  /** The status as op-node had it at this L1 height. */
  readonly l1?: number;
  /** Merged over the present status: a lie, a rewind, a step. */
  readonly status?: StatusPatch;
  readonly fault?: Fault | null;
}

/**
 * Stands in for a followed consensus node: `optimism_syncStatus`, `optimism_rollupConfig`,
 * `optimism_outputAtBlock`, `optimism_version`. Tells the truth of the recording until told to lie or to fail; when it
 * lies about a head, its output at that height tells the same lie. In a world without recorded outputs its outputs are
 * only the block.
 */
export class SourceServer {
  readonly faults = new FaultBox();
  readonly counts = new Map<string, number>();
  readonly #world: World;
  readonly #first: SyncStatusJson;
  readonly #methods: Methods;
  readonly #server: LoopbackServer;
  #status: SyncStatusJson;
  #rollup: unknown;
  #isLying = false;
  #otherBlocks: ReadonlyMap<number, L2RefJson> = new Map();

  private constructor(options: SourceServerOptions) {
    this.#world = options.world;
    this.#first = options.status ?? options.world.status;
    this.#status = this.#first;
    this.#rollup = options.world.rollup;
    this.#methods = {
      optimism_syncStatus: () => this.#status,
      optimism_rollupConfig: () => this.#rollup,
      optimism_outputAtBlock: ([number]) => this.#output(Number(number)),
      optimism_version: () => 'recorded-source/1',
    };
    this.#server = new LoopbackServer({
      faults: this.faults,
      answer: ({ body }) => ({ status: 200, value: answerBody(body, this.#methods, this.#count) }),
      control: (command) => this.#control(command as SourceControl | undefined),
    });
  }

  static async start(options: SourceServerOptions): Promise<SourceServer> {
    const server = new SourceServer(options);
    await server.listen(options.port);
    return server;
  }

  get url(): string {
    return this.#server.url;
  }

  get status(): SyncStatusJson {
    return this.#status;
  }

  /** True from a lie until the truth is asked for again, or a status is set. */
  get isLying(): boolean {
    return this.#isLying;
  }

  /** How often it was asked for its status and answered. */
  get polls(): number {
    return this.counts.get('optimism_syncStatus') ?? 0;
  }

  /** How often it was asked for anything, answered or not. */
  get requests(): number {
    return this.#server.requests;
  }

  /** Comes (back) up, on the same port as before. */
  async listen(port?: number): Promise<void> {
    await this.#server.listen(port);
  }

  /** Goes down; `listen` brings it back. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** Answers this status from now on. */
  set(status: SyncStatusJson): void {
    this.#status = status;
    this.#isLying = false;
  }

  /** Answers as op-node did at this L1 height, as a verifier without gossip unless `unsafe` says otherwise. */
  moveTo(l1Height: number, unsafe: UnsafeHead = 'safe'): void {
    this.set(statusAtL1(this.#world, l1Height, unsafe));
  }

  /** Merges over the present status; `truth` undoes it. */
  lie(patch: StatusPatch): void {
    this.#status = mergeStatus(this.#status, patch);
    this.#isLying = true;
  }

  /** Has these blocks in place of the recorded ones of their heights, in its outputs; `truth` undoes it. */
  pretendBlocks(blocks: readonly L2RefJson[]): void {
    this.#otherBlocks = new Map(blocks.map((block) => [block.number, block]));
  }

  /** Answers another rollup config: a node of another chain. */
  pretendChain(rollup: unknown): void {
    this.#rollup = rollup;
  }

  /** Back to the first status and the world's own blocks and rollup config, no fault. */
  truth(): void {
    this.set(this.#first);
    this.#rollup = this.#world.rollup;
    this.#otherBlocks = new Map();
    this.faults.arm(null);
  }

  readonly #count = (method: string): void => {
    this.counts.set(method, (this.counts.get(method) ?? 0) + 1);
  };

  #output(number: number): unknown {
    const { safe_l2, finalized_l2 } = this.#status;
    const claimed =
      [safe_l2, finalized_l2].find((ref) => ref?.number === number) ??
      this.#otherBlocks.get(number);
    return {
      ...this.#recordedOutput(number),
      ...(claimed && { blockRef: claimed }),
      syncStatus: this.#status,
    };
  }

  #recordedOutput(number: number): Pick<OutputJson, 'blockRef'> {
    const { outputs, l2 } = this.#world;
    if (outputs.length === 0 && l2[number]) return { blockRef: l2At(this.#world, number) };
    const output = outputs[number];
    if (!output) throw new MethodError(-32000, 'not found');
    return output;
  }

  #control(command: SourceControl | undefined): unknown {
    if (command?.reset) this.truth();
    if (command?.l1 !== undefined) this.moveTo(command.l1);
    if (command?.status) this.lie(command.status);
    if (command?.fault !== undefined) this.faults.arm(command.fault);
    return { requests: Object.fromEntries(this.counts), fault: this.faults.armed };
  }
}
