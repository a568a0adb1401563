import { NodeError } from '../../../src/errors/nodeError.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import { DisabledConductor } from '../../../src/sequencer/conductorClient.js';
import type { SequencerConductor } from '../../../src/sequencer/ports.js';
import type { BlockId, L2BlockRef } from '../../../src/types/block.js';
import { MemorySafeHeads } from '../memorySafeHeads.js';
import { checkProgress, settle } from './calm.js';
import { name } from './invariants.js';
import { SimNode } from './simNode.js';
import { type SimulationOptions, SimWorld } from './simWorld.js';

const FAULTY_SEC = 420;
const CALM_SEC = 420;
/** Longest wait for the answers that are still due, and for a stopped sequencer to start. */

export interface DerivingOptions extends SimulationOptions {
  readonly sequences: boolean;
}

const TROUBLES = ['pipelineResets', 'conductorFaults', 'recordFaults'] as const;

/** A deriving node, with or without a sequencer, in a world that goes wrong at random and then calms down. */
export class DerivingSimulation {
  readonly world: SimWorld;
  private readonly node: SimNode;
  private readonly derivationConfs: bigint;
  private isRecovering = false;

  constructor(private readonly options: DerivingOptions) {
    this.world = new SimWorld(options, TROUBLES);
    const { random } = this.world;
    this.derivationConfs = BigInt(random.chance(0.7) ? 0 : random.int(1, 2));
    this.node = this.makeNode();
    this.world.batcherStatus = () =>
      this.world.statusForBatcher(this.options.sequences ? this.node : null);
    this.world.clock.onFlushed = () => this.world.invariants.look(this.node.syncStatus());
  }

  /** @returns what went wrong. */
  async run(): Promise<readonly string[]> {
    const { world, node } = this;
    await node.start();
    await this.pass(FAULTY_SEC);
    world.calmDown();
    await settle(this.world, this.node, (seconds) => this.pass(seconds));
    await this.pass(CALM_SEC);
    this.checkEnd();
    world.clock.onFlushed = () => undefined;
    await Promise.all([node.stop(), world.clock.advance(60_000)]);
    return world.invariants.violations;
  }

  private async pass(seconds: number): Promise<void> {
    const { world, node } = this;
    const { clock, invariants } = world;
    const endSec = clock.worldSec + seconds;
    while (clock.worldSec < endSec && invariants.violations.length === 0) {
      await world.tick();
      if (!this.options.sequences) await this.growRemote();
      if (world.isCalm) this.recover();
      else await this.trouble();
      for (const death of node.deaths) invariants.fail(`died of ${death.message}`);
      invariants.look(node.syncStatus());
    }
  }

  private async growRemote(): Promise<void> {
    const { world } = this;
    for (const ref of await world.remote.upTo(world.clock.worldSec)) {
      world.share(ref);
      if (!world.has('foreignBlocks') || world.random.chance(0.7)) this.gossip(ref);
    }
  }

  private gossip(ref: L2BlockRef): void {
    this.node.engine.addUnsafePayload(this.world.blocks.envelope(ref.hash));
  }

  private async trouble(): Promise<void> {
    const { world, node } = this;
    const { random } = world;
    if (world.has('foreignBlocks') && random.chance(0.05)) await this.postForeign();
    if (world.has('adminCalls') && random.chance(0.03)) world.callAdmin(node);
    if (world.has('pipelineResets') && random.chance(0.02)) {
      world.note('admin_resetDerivationPipeline');
      node.derivation?.requestReset();
    }
  }

  /** By gossip or by a commit. */
  private async postForeign(): Promise<void> {
    const { world, node } = this;
    const { unsafeL2, safeL2 } = node.syncStatus();
    for (const ref of await world.foreignBlocks(unsafeL2, safeL2)) {
      if (world.random.chance(0.5)) this.gossip(ref);
      else {
        const envelope = world.blocks.envelope(ref.hash);
        world.track(`commit of ${name(ref)}`, node.engine.commitBlock(envelope, node.signal));
      }
    }
  }

  /** What an operator does for a chain that is too late for the sequencing window. */
  private recover(): void {
    const { world, node } = this;
    const behind = world.tree.head.number - node.syncStatus().unsafeL2.l1Origin.number;
    const isRecovering = behind > world.config.seqWindowSize / 2n;
    if (isRecovering === this.isRecovering) return;
    this.isRecovering = isRecovering;
    world.note(`recover mode ${isRecovering}`);
    node.sequencer?.admin.setRecoverMode(isRecovering);
  }

  private checkEnd(): void {
    const { world, node } = this;
    const { invariants, tree } = world;
    if (invariants.violations.length > 0) return;
    const { safeL2, unsafeL2, finalizedL1 } = node.syncStatus();
    checkProgress(world, node, {
      l1: world.behindHead(2n + this.derivationConfs),
      // The newest signal may have come just now.
      finalL1: tree.ancestor(finalizedL1, finalizedL1.number - 2n) ?? tree.genesis.ref,
    });
    const lag = unsafeL2.number - safeL2.number;
    if (lag > 60n) invariants.fail(`safe is ${lag} blocks behind unsafe`);
  }

  // ---- the node

  private makeNode(): SimNode {
    const { world } = this;
    const { random, clock, l1, engine, config, invariants } = world;
    return new SimNode(
      {
        config,
        sequences: this.options.sequences,
        derivationConfs: this.derivationConfs,
        sequencerConfs: BigInt(random.int(0, 3)),
        maxSafeLag: random.chance(0.85) ? 0n : 40n,
        follow: null,
      },
      {
        ...{ clock, random, l1, engine, log: world.logger() },
        safeHeads: this.safeHeads(),
        conductor: this.conductor(),
        publish: ({ executionPayload }) => {
          const ref = payloadToBlockRef(config, executionPayload);
          world.note(`published ${name(ref)}`);
          invariants.publish(ref);
          world.share(ref);
        },
      },
    );
  }

  private conductor(): SequencerConductor {
    const { world } = this;
    if (!world.troubles.has('conductorFaults')) return new DisabledConductor();
    return {
      isEnabled: true,
      isLeader: async () => true,
      overrideLeader: () => undefined,
      commitUnsafePayload: async () => {
        if (!world.has('conductorFaults') || !world.random.chance(0.2)) return;
        await world.clock.sleep(world.random.int(0, 3_000), this.node.signal);
        if (world.random.chance(0.5)) return;
        throw new NodeError('SEQUENCER_CONDUCTOR_FAILED', 'no', { severity: 'temporary' });
      },
    };
  }

  /** A database that says which L1 block made which block safe, which must be so. */
  private safeHeads() {
    const { world } = this;
    const mayFail = (): void => {
      if (world.has('recordFaults') && world.random.chance(0.05)) throw new Error('disk is full');
    };
    const memory = new MemorySafeHeads();
    return {
      safeHeadUpdated: async (safe: L2BlockRef, l1: BlockId) => {
        mayFail();
        await memory.safeHeadUpdated(safe, l1);
        const { tip } = world.expected.after(l1.hash);
        if (world.blocks.isAncestor(safe, tip)) return;
        const text = `recorded safe ${name(safe)} at L1 ${l1.number}, which has ${name(tip)}`;
        world.invariants.fail(text);
      },
      safeHeadReset: async (safe: L2BlockRef) => {
        mayFail();
        await memory.safeHeadReset(safe);
      },
      l1AtSafeHead: (number: bigint) => memory.l1AtSafeHead(number),
      lastEntry: () => memory.lastEntry(),
    };
  }
}
