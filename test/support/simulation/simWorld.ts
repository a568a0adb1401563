import { toNodeError } from '../../../src/errors/nodeError.js';
import type { Logger } from '../../../src/telemetry/logger.js';
import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { isZeroRef } from '../../../src/types/block.js';
import type { ExecutionPayloadEnvelope } from '../../../src/types/payload.js';
import { FakeLogger } from '../fakeLogger.js';
import { ExpectedChain } from './expectedChain.js';
import { Invariants, name } from './invariants.js';
import { L1Tree, type SimChannel } from './l1Tree.js';
import { BAD_TX, L2Blocks, SIM_HOLOCENE, SIM_ROLLUP } from './l2Blocks.js';
import { RemoteChain } from './remoteChain.js';
import { type BatcherStatus, SimBatcher } from './simBatcher.js';
import { SimClock } from './simClock.js';
import { NO_FAULTS, SimEngine } from './simEngine.js';
import { FINALITY_BLOCKS, SimL1 } from './simL1.js';
import type { SimNode } from './simNode.js';
import { SimRandom } from './simRandom.js';

const L1_BLOCK_SEC = 12;
const LONGEST_STEP_MS = 1_500;

export interface SimulationOptions {
  readonly seed: number;
  /** Exactly these kinds of trouble; by default each seed has some of all. */
  readonly troubles?: readonly string[];
  /** Told of each line of the node's log and of what is done to it. */
  readonly trace?: (line: string) => void;
}

/** Kinds of trouble that any node may have; each seed has some of them. */
const TROUBLES = [
  ...['engineFaults', 'engineSlow', 'engineRestarts', 'l1Reorgs', 'l1Stalls', 'l1Faults'],
  ...['l1Laggard', 'foreignBlocks', 'adminCalls', 'rogueBatches', 'badBatches'],
  ...['silentBatcher', 'clockJumps'],
] as const;

/** The world around a node: L1, a batcher, another sequencer, an execution client, and what goes wrong with them. */
export class SimWorld {
  readonly random: SimRandom;
  readonly clock = new SimClock();
  readonly tree = new L1Tree();
  readonly blocks: L2Blocks;
  readonly expected: ExpectedChain;
  readonly l1: SimL1;
  readonly engine: SimEngine;
  readonly remote: RemoteChain;
  readonly invariants: Invariants;
  readonly troubles: Set<string>;
  isCalm = false;
  /** What the batcher is told; nothing is posted before. */
  batcherStatus: () => BatcherStatus | null = () => null;
  private readonly batcher: SimBatcher;
  private finalL1: L1BlockRef;
  private nextL1Sec: number;
  private l1StalledUntilSec = 0;
  private batcherSilentUntil = 0n;
  /** Calls that have not been answered. */
  private readonly open = new Set<string>();

  constructor(
    private readonly options: SimulationOptions,
    moreTroubles: readonly string[],
  ) {
    const random = new SimRandom(options.seed);
    this.random = random;
    const isHolocene = random.chance(0.5);
    const some = [...TROUBLES, ...moreTroubles].filter(() => random.chance(0.4));
    this.troubles = new Set(options.troubles ?? some);
    this.blocks = new L2Blocks(isHolocene ? SIM_HOLOCENE : SIM_ROLLUP);
    const shared = { clock: this.clock, random };
    this.expected = new ExpectedChain(this.tree, this.blocks);
    this.l1 = new SimL1(this.tree, shared);
    this.engine = new SimEngine(this.blocks, shared);
    this.batcher = new SimBatcher(this.blocks, random);
    const { tree: l1, blocks: l2, expected, engine } = this;
    this.remote = new RemoteChain({ l1, l2, expected, random });
    this.finalL1 = this.tree.genesis.ref;
    this.invariants = new Invariants({ l1, l2, expected, engine, finalL1: () => this.finalL1 });
    this.engine.client.peers = random.chance(0.5) ? 0 : 2;
    this.nextL1Sec = this.clock.worldSec + L1_BLOCK_SEC;
    this.note(`troubles: ${[...this.troubles].join(' ')}`);
  }

  get config() {
    return this.blocks.config;
  }

  /** Unanswered calls of the node's administrator. */
  get unanswered(): readonly string[] {
    return [...this.open];
  }

  has(trouble: string): boolean {
    return !this.isCalm && this.troubles.has(trouble);
  }

  /** Lets a little time pass. */
  async tick(): Promise<void> {
    await this.clock.advance(this.random.int(20, LONGEST_STEP_MS));
    await this.growL1();
    if (this.random.chance(0.3)) this.engine.sync();
    if (!this.isCalm) this.trouble();
  }

  calmDown(): void {
    this.note('--- calm');
    this.isCalm = true;
    this.engine.faults = NO_FAULTS;
    this.engine.slowMs = 0;
    Object.assign(this.l1, { failing: 0, slowMs: 0, laggard: null, forgetsOrphans: false });
    this.l1StalledUntilSec = 0;
    this.clock.skewMs = 0;
  }

  /** The L1 block so far behind the head. */
  behindHead(count: bigint): L1BlockRef {
    const { head, genesis } = this.tree;
    return this.tree.ancestor(head, head.number - count) ?? genesis.ref;
  }

  /** Blocks of another sequencer: in order or not, on our branch or another. */
  async foreignBlocks(unsafe: L2BlockRef, safe: L2BlockRef): Promise<readonly L2BlockRef[]> {
    const { random } = this;
    if (isZeroRef(unsafe)) return [];
    const from = random.pick([unsafe, unsafe, safe, this.blocks.ref(unsafe.parentHash)]) ?? unsafe;
    const refs: L2BlockRef[] = [];
    for (let count = random.int(1, 4); count > 0; count -= 1) {
      refs.push(await this.remote.next(refs.at(-1) ?? from));
    }
    for (const ref of refs) this.invariants.allow(ref.hash);
    if (random.chance(0.3)) refs.reverse();
    this.note(`foreign blocks ${refs.map(name).join(' ')} on ${name(from)}`);
    return refs;
  }

  /** Other nodes have this block. */
  share(ref: L2BlockRef): ExecutionPayloadEnvelope {
    const envelope = this.blocks.envelope(ref.hash);
    this.engine.share(envelope);
    return envelope;
  }

  /** Starts or stops sequencing. */
  callAdmin({
    sequencer,
    signal,
    syncStatus,
  }: Pick<SimNode, 'sequencer' | 'signal' | 'syncStatus'>) {
    const { admin } = sequencer ?? {};
    if (admin === undefined) return;
    const call = admin.isActive
      ? admin.stop(signal)
      : admin.start(syncStatus().unsafeL2.hash, signal);
    this.track(admin.isActive ? 'stop' : 'start', call);
  }

  track(what: string, call: Promise<unknown>): void {
    const id = `${what} at ${Math.round(this.clock.worldSec)}`;
    this.note(id);
    this.open.add(id);
    void call
      .then(
        (answer) => this.note(`${id} answers ${JSON.stringify(answer)?.slice(0, 150)}`),
        (thrown) => this.note(`${id} fails: ${toNodeError(thrown).message}`),
      )
      .finally(() => this.open.delete(id));
  }

  note(line: string): void {
    this.options.trace?.(`${this.clock.worldSec.toFixed(3)} ${line}`);
  }

  logger(): Logger {
    if (this.options.trace === undefined) return silentLogger();
    const push = ({ level, message, fields }: FakeLogger['lines'][number]): void => {
      if (level === 'trace') return;
      const text = JSON.stringify(fields, short) ?? '';
      this.note(`  ${level} ${message} ${text.slice(0, 400)}`);
    };
    return new FakeLogger({ push } as unknown as FakeLogger['lines']);
  }

  // ---- L1

  private async growL1(): Promise<void> {
    while (this.clock.worldSec >= this.nextL1Sec) {
      const timestamp = BigInt(this.nextL1Sec);
      this.nextL1Sec += L1_BLOCK_SEC;
      if (this.clock.worldSec < this.l1StalledUntilSec) continue;
      await this.addL1(timestamp, [...this.batches(), ...(await this.rogueBatches())]);
      if (this.has('l1Reorgs') && this.random.chance(0.15)) await this.reorgL1();
    }
  }

  private async addL1(timestamp: bigint, sent: readonly SimChannel[]): Promise<void> {
    const channels = this.withoutGaps(sent);
    const { ref } = this.tree.extend(timestamp, channels);
    await this.expected.derive(ref.hash);
    this.shareDerived(ref);
    const final = this.behindHead(FINALITY_BLOCKS);
    if (final.number > this.finalL1.number) this.finalL1 = final;
    const { safe } = this.expected.after(ref.hash);
    const lengths = channels.map((channel) => channel.length);
    this.note(`L1 ${name(ref)} with ${lengths.join('+') || 'nothing'}, safe there ${name(safe)}`);
  }

  /** Other nodes derive, too. */
  private shareDerived(l1: L1BlockRef): void {
    const { safe } = this.expected.after(l1.parentHash);
    const { tip } = this.expected.after(l1.hash);
    for (const ref of this.blocks.between(safe, tip) ?? []) this.share(ref);
  }

  /** A batch ahead of those before it would be dropped now, but taken by who starts to derive later. */
  private withoutGaps(channels: readonly SimChannel[]): SimChannel[] {
    let endsAt = this.expected.after(this.tree.head.hash).tip.timestamp;
    return channels.filter((channel) => {
      const first = channel[0]?.timestamp ?? 0n;
      if (first > endsAt + this.config.blockTime) return false;
      const last = channel.at(-1)?.timestamp ?? 0n;
      if (last > endsAt) endsAt = last;
      return true;
    });
  }

  private batches(): SimChannel[] {
    const number = this.tree.head.number + 1n;
    if (this.has('silentBatcher') && this.random.chance(0.06)) {
      this.batcherSilentUntil = number + BigInt(this.random.int(2, 26));
    }
    if (!this.isCalm && number < this.batcherSilentUntil) return [];
    const status = this.batcherStatus();
    return status === null ? [] : this.batcher.channels(status, number);
  }

  /** @param sequencer the node that the batcher reads; null where the remote sequencer's chain is posted, safe as it should be. */
  statusForBatcher(sequencer: SimNode | null): BatcherStatus {
    if (sequencer !== null) {
      const { currentL1, safeL2, unsafeL2 } = sequencer.syncStatus();
      return { currentL1, safe: safeL2, unsafe: unsafeL2 };
    }
    const { head } = this.tree;
    const { safe } = this.expected.after(head.hash);
    return { currentL1: head, safe, unsafe: this.remote.head };
  }

  /** Valid batches of other blocks than the sequencer's, or batches that execution refuses. */
  private async rogueBatches(): Promise<SimChannel[]> {
    const isRogue = this.has('rogueBatches') && this.random.chance(0.1);
    const isBad = this.has('badBatches') && this.random.chance(0.1);
    if (!isRogue && !isBad) return [];
    let parent = this.expected.after(this.tree.head.hash).tip;
    const badAt = isBad ? this.random.int(0, 3) : -1;
    const channel = [];
    for (let at = 0; at < this.random.int(1, 5); at += 1) {
      if (Number(parent.timestamp) > this.clock.worldSec) break;
      const ref = await this.remote.next(parent);
      const { transactions } = this.blocks.envelope(ref.hash).executionPayload;
      const own = transactions.filter((tx) => !tx.startsWith('0x7e'));
      channel.push({
        ...{ parentHash: parent.hash, timestamp: ref.timestamp, epoch: ref.l1Origin },
        transactions: at === badAt ? [BAD_TX] : own,
      });
      parent = ref;
    }
    return [channel];
  }

  private async reorgL1(): Promise<void> {
    const depth = this.random.int(1, 6);
    const cut = this.tree.cut(depth);
    const keeps = this.random.int(0, cut.length);
    this.note(`L1 reorg of ${cut.length} blocks to ${name(this.tree.head)}`);
    const lacks = this.random.chance(0.3) ? 1 : 0;
    for (const [at, block] of cut.slice(0, cut.length - lacks).entries()) {
      await this.addL1(block.ref.timestamp, at < keeps ? block.channels : []);
    }
    this.l1.laggard = null;
    if (this.has('l1Laggard') && this.random.chance(0.5)) this.lagBehind();
  }

  /** One of several endpoints is some blocks behind the others. */
  private lagBehind(): void {
    const { head } = this.tree;
    const behind = BigInt(this.random.int(1, 3));
    this.l1.laggard = this.tree.ancestor(head, head.number - behind) ?? head;
  }

  // ---- trouble

  private trouble(): void {
    const { random } = this;
    if (this.has('engineFaults') && random.chance(0.1)) this.breakEngine();
    if (this.has('engineSlow') && random.chance(0.05)) {
      this.engine.slowMs = random.chance(0.5) ? 0 : random.int(100, 4_000);
    }
    if (this.has('engineRestarts') && random.chance(0.015)) this.restartEngine();
    if (this.has('l1Stalls') && random.chance(0.01)) {
      this.l1StalledUntilSec = this.clock.worldSec + random.int(15, 90);
    }
    if (this.has('l1Faults') && random.chance(0.05)) this.breakL1();
    if (this.has('l1Laggard') && random.chance(0.03)) {
      if (random.chance(0.5)) this.lagBehind();
      else this.l1.laggard = null;
    }
    if (this.has('clockJumps') && random.chance(0.02)) {
      this.clock.skewMs = random.chance(0.5) ? 0 : random.int(-8_000, 8_000);
      this.note(`clock set to ${this.clock.skewMs}`);
    }
  }

  private breakEngine(): void {
    const { random } = this;
    const share = () => (random.chance(0.5) ? 0 : random.next() * 0.15);
    const bad = { refused: share(), lost: share(), syncing: share(), forkchoice: share() };
    const isOver = random.chance(0.4);
    const hangs = random.chance(0.2) ? 0.02 : 0;
    this.engine.faults = isOver ? NO_FAULTS : { ...bad, hangs, reads: share() };
    this.note(`engine faults ${JSON.stringify(this.engine.faults)}`);
  }

  private restartEngine(): void {
    const { random } = this;
    const lostBlocks = random.chance(0.3) ? 0 : random.int(1, random.chance(0.3) ? 60 : 8);
    const downMs = random.int(0, 8_000);
    this.note(`engine restarts without its ${lostBlocks} newest blocks, down for ${downMs} ms`);
    this.engine.restart(lostBlocks, random.chance(0.5), downMs);
  }

  private breakL1(): void {
    const { l1, random } = this;
    l1.failing = random.chance(0.5) ? 0 : random.next() * 0.6;
    l1.slowMs = random.chance(0.6) ? 0 : random.int(50, 3_000);
    l1.forgetsOrphans = random.chance(0.3);
  }
}

function silentLogger(): Logger {
  const logger: Logger = {
    ...{ trace() {}, debug() {}, info() {}, warn() {}, error() {}, crit() {} },
    child: () => logger,
  };
  return logger;
}

function short(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Error) return value.message;
  if (typeof value !== 'string') return value;
  return value.replace(/0x([0-9a-f]{6})[0-9a-f]{58}/g, '$1');
}
