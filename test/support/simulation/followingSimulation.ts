import type { FollowStatus } from '../../../src/follow/rules/followStatus.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import type { SequencerConductor } from '../../../src/sequencer/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { hashOf } from '../l2Chain.js';
import { checkProgress, settle } from './calm.js';
import { name } from './invariants.js';
import { SimNode } from './simNode.js';
import { SimSource } from './simSource.js';
import { type SimulationOptions, SimWorld } from './simWorld.js';

const FAULTY_SEC = 420;
const CALM_SEC = 300;
/** Until a node that was restarted has caught up. */
const CATCH_UP_SEC = 120;
/** Polls that say so in calm times. */
const MANY_CONFLICTS = 30;

export interface FollowingOptions extends SimulationOptions {
  readonly mode: 'follows' | 'verifies' | 'sequences';
}

const TROUBLES = [
  ...['sourceFaults', 'sourceLag', 'sourceRestarts', 'sourceLies', 'sourceCaches'],
  'forgedBlocks',
];

type Lie = (status: FollowStatus) => FollowStatus;

/** What a status says that checks must find without knowing the truth. */
const LIES: readonly Lie[] = [
  (status) => ({ ...status, safe: { ...status.safe, number: status.safe.number + 1n } }),
  (status) => ({ ...status, finalized: { ...status.safe, hash: hashOf('not finalized') } }),
  (status) => ({
    ...status,
    localSafe: {
      ...status.localSafe,
      l1Origin: { ...status.localSafe.l1Origin, hash: hashOf('another L1') },
    },
  }),
  (status) => {
    const safe = { ...status.safe, timestamp: status.safe.timestamp + 1n };
    return { ...status, safe, localSafe: safe };
  },
  (status) => {
    const { currentL1 } = status;
    if (currentL1 === null) return status;
    return { ...status, currentL1: { ...currentL1, hash: hashOf('another current_l1') } };
  },
];

/** A following node in a world that goes wrong at random, its sources included, and then calms down. */
export class FollowingSimulation {
  readonly world: SimWorld;
  /** What the sequencer has published, and when by the true time, in Unix seconds. */
  readonly published: { readonly ref: L2BlockRef; readonly atSec: number }[] = [];
  private node: SimNode;
  private readonly quorum: number;
  private readonly sources: readonly SimSource[];

  constructor(private readonly options: FollowingOptions) {
    this.world = new SimWorld(options, TROUBLES);
    const { world } = this;
    // Without peers and with gossip that gets lost nothing brings the missing blocks.
    world.engine.client.peers = 2;
    if (options.mode !== 'verifies') world.troubles.delete('forgedBlocks');
    const count = world.random.int(1, 3);
    this.sources = Array.from({ length: count }, () => new SimSource(world));
    this.quorum = count >= 2 && world.random.chance(0.3) ? 2 : 0;
    this.node = this.makeNode();
    world.batcherStatus = () => this.world.statusForBatcher(this.isSequencing ? this.node : null);
    world.clock.onFlushed = () => world.invariants.look(this.node.syncStatus());
    world.engine.onBuild = (parent) => {
      const ref = world.blocks.ref(parent);
      if (ref !== null) this.expectNotLeft('building on', ref);
    };
    world.invariants.isTrusting = world.troubles.has('forgedBlocks');
    const unsteady = ['l1Reorgs', 'engineRestarts', 'forgedBlocks'];
    world.invariants.isSafeSteady = unsteady.every((trouble) => !world.troubles.has(trouble));
  }

  /** @returns what went wrong. */
  async run(): Promise<readonly string[]> {
    const { world } = this;
    await this.node.start();
    await this.pass(FAULTY_SEC);
    world.calmDown();
    this.calmSources();
    await settle(this.world, this.node, (seconds) => this.pass(seconds));
    const before = this.conflicts;
    await this.pass(CALM_SEC);
    if (this.conflicts - before > MANY_CONFLICTS) await this.restartNode();
    this.checkEnd();
    world.clock.onFlushed = () => undefined;
    await this.stopNode();
    return world.invariants.violations;
  }

  /** Where L1 reorged before the node could look up what its safe head rests on, only an operator helps: so it says. */
  private get conflicts(): number {
    return this.node.metrics.value('follow_source_requests_total', { result: 'conflict' }) ?? 0;
  }

  private async restartNode(): Promise<void> {
    this.world.note('the operator restarts the node');
    await this.stopNode();
    this.node = this.makeNode();
    await this.node.start();
    await this.pass(CATCH_UP_SEC);
  }

  private async stopNode(): Promise<void> {
    await Promise.all([this.node.stop(), this.world.clock.advance(60_000)]);
  }

  private get isSequencing(): boolean {
    return this.options.mode === 'sequences';
  }

  private async pass(seconds: number): Promise<void> {
    const { world, node } = this;
    const { clock, invariants } = world;
    const endSec = clock.worldSec + seconds;
    while (clock.worldSec < endSec && invariants.violations.length === 0) {
      await world.tick();
      if (!this.isSequencing) await this.growRemote();
      if (!world.isCalm) await this.trouble();
      for (const death of node.deaths) invariants.fail(`died of ${death.message}`);
      invariants.look(node.syncStatus());
    }
  }

  private async growRemote(): Promise<void> {
    const { world } = this;
    for (const ref of await world.remote.upTo(world.clock.worldSec)) {
      const envelope = world.share(ref);
      const isLost = world.has('foreignBlocks') && world.random.chance(0.3);
      if (!isLost) this.node.engine.addUnsafePayload(envelope);
    }
  }

  // ---- trouble

  private async trouble(): Promise<void> {
    const { world, node, sources } = this;
    const { random } = world;
    const source = random.pick(sources);
    if (world.has('sourceFaults') && random.chance(0.05)) {
      source.isDown = random.chance(0.4);
      source.hangsMs = random.chance(0.7) ? 0 : random.int(500, 15_000);
    }
    if (world.has('sourceLag') && random.chance(0.05)) {
      source.lag = BigInt(random.int(0, 4));
      source.staleHead = random.chance(0.5) ? null : world.tree.head;
    }
    if (world.has('sourceRestarts') && random.chance(0.02)) {
      world.note('source restarts');
      source.restartedSec = world.clock.worldSec;
    }
    if (world.has('sourceLies') && random.chance(0.05)) {
      source.lie = random.chance(0.5) ? null : random.pick(LIES);
      world.note(`source ${sources.indexOf(source)} ${source.lie === null ? 'is true' : 'lies'}`);
    }
    if (world.has('sourceCaches') && random.chance(0.02)) {
      if (random.chance(0.5)) source.cached = null;
      else source.freeze();
      world.note(`source ${sources.indexOf(source)} ${source.cached ? 'is cached' : 'answers'}`);
    }
    if (world.has('forgedBlocks') && random.chance(0.05)) await this.forge(source);
    if (world.has('foreignBlocks') && random.chance(0.05)) await this.postForeign();
    if (world.has('adminCalls') && random.chance(0.03)) world.callAdmin(node);
  }

  /** A source has blocks that L1 does not say. */
  private async forge(source: SimSource): Promise<void> {
    const { world } = this;
    const { random, blocks, expected, tree } = world;
    source.forged = null;
    if (random.chance(0.5)) return;
    const { safe } = expected.after(tree.head.hash);
    const depth = BigInt(random.int(0, 3));
    let parent = safe.number < depth ? safe : (blocks.ancestor(safe, safe.number - depth) ?? safe);
    for (let count = random.int(1, 5); count > 0; count -= 1) {
      parent = await world.remote.next(parent);
      world.share(parent);
    }
    source.forged = parent;
    world.note(`source ${this.sources.indexOf(source)} forges up to ${name(parent)}`);
  }

  private async postForeign(): Promise<void> {
    const { world, node } = this;
    const { unsafeL2, safeL2 } = node.syncStatus();
    for (const ref of await world.foreignBlocks(unsafeL2, safeL2)) {
      node.engine.addUnsafePayload(world.blocks.envelope(ref.hash));
    }
  }

  // ---- calm

  private calmSources(): void {
    for (const source of this.sources) {
      Object.assign(source, { lag: 0n, staleHead: null, restartedSec: null, isDown: false });
      Object.assign(source, { hangsMs: 0, lie: null, forged: null, cached: null });
    }
  }

  private checkEnd(): void {
    const { world, node } = this;
    if (world.invariants.violations.length > 0) return;
    const l1 = world.behindHead(2n);
    checkProgress(world, node, { l1, finalL1: world.behindHead(12n) });
    this.checkVerified(world.expected.after(l1.hash).safe);
  }

  private checkVerified(safe: L2BlockRef): void {
    const { node, world } = this;
    if (node.verifier === null) return;
    const verified = node.metrics.value('follow_verified_number', {}) ?? 0;
    if (BigInt(verified) < safe.number) {
      world.invariants.fail(`verified up to ${verified}, not to ${name(safe)}`);
    }
    const refuted = node.verifier.refuted.get();
    if (refuted !== null) world.invariants.fail(`${refuted.number} is still refuted`);
  }

  // ---- a chain that is left

  /** From the moment that a status has named another chain nothing of the old one is made or shown. */
  private expectNotLeft(what: string, ref: L2BlockRef): void {
    const { movingTo, localSafe } = this.node.engine.heads.get();
    const { invariants, blocks } = this.world;
    if (movingTo !== null) invariants.fail(`${what} ${name(ref)} while led to ${movingTo.number}`);
    else if (!blocks.isAncestor(localSafe, ref)) {
      invariants.fail(`${what} ${name(ref)} beside the followed ${name(localSafe)}`);
    }
  }

  /** It takes its time, in which the chain may be left. */
  private makeConductor(): SequencerConductor {
    const { world } = this;
    return {
      isEnabled: true,
      isLeader: async () => true,
      overrideLeader: () => undefined,
      commitUnsafePayload: async ({ executionPayload }, signal) => {
        this.expectNotLeft('committed', payloadToBlockRef(world.config, executionPayload));
        await world.clock.sleep(world.random.int(1, 300), signal);
      },
    };
  }

  // ---- the node

  private makeNode(): SimNode {
    const { world, sources, quorum } = this;
    const { random, clock, l1, engine, config, invariants } = world;
    return new SimNode(
      {
        config,
        sequences: this.isSequencing,
        derivationConfs: 0n,
        sequencerConfs: BigInt(random.int(0, 3)),
        maxSafeLag: 0n,
        follow: {
          sources: sources.map(({ rpc }) => rpc),
          quorum,
          verifies: this.options.mode === 'verifies',
        },
      },
      {
        ...{ clock, random, l1, engine, log: world.logger(), safeHeads: null },
        conductor: this.makeConductor(),
        publish: ({ executionPayload }) => {
          const ref = payloadToBlockRef(config, executionPayload);
          world.note(`published ${name(ref)}`);
          this.expectNotLeft('published', ref);
          this.published.push({ ref, atSec: world.clock.worldSec });
          invariants.publish(ref);
          world.share(ref);
        },
      },
    );
  }
}
