import type { GossipSub, Message } from '@libp2p/gossipsub';
import { TopicValidatorResult } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { Log } from '../../telemetry/logger.js';
import type { ReceivedBlock } from '../codec/receivedBlock.js';
import type { TopicMessage } from './signedMessage.js';
import type { BlockVerdict } from './verdict.js';

/** What is known of a peer's gossip score, beside its total. */
export interface GossipStats {
  readonly knownIPs: ReadonlySet<string>;
  readonly behaviourPenalty: number;
}

/** Gossipsub with what its interface does not name although its class has it. */
export type ScoredGossipSub = GossipSub & {
  getScore(peer: string): number;
  getMeshPeers(topic: string): string[];
  dumpPeerScoreStats(): Record<string, GossipStats>;
  readonly score: { duplicateMessage(peer: string, messageId: string, topic: string): void };
};

export interface GossipHostDeps {
  readonly gossip: ScoredGossipSub;
  /** One of each topic. */
  readonly validators: ReadonlyMap<
    string,
    { validate(data: Uint8Array, signal: AbortSignal): Promise<BlockVerdict> }
  >;
  /** A block that is right, once. Returns at once. */
  readonly onBlock: (block: ReceivedBlock, from: string) => void;
  readonly onVerdict: (peer: string, verdict: BlockVerdict) => void;
  /** A topic is joined. */
  readonly onJoin: () => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const RESULTS: Readonly<Record<BlockVerdict['kind'], TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** The topics of blocks: judges what comes, hands on what is right, publishes what is ours. */
export class GossipHost {
  private isJoined = false;

  constructor(private readonly deps: GossipHostDeps) {
    const { gossip, validators } = deps;
    for (const topic of validators.keys()) {
      gossip.topicValidators.set(topic, (peer, message) => this.judge(peer, message));
    }
  }

  /** Joins all topics, once: from then on peers send their messages. Whoever sends before that is judged too. */
  join(): void {
    if (this.isJoined) return;
    this.isJoined = true;
    const { gossip, validators, onJoin, log } = this.deps;
    for (const topic of validators.keys()) {
      gossip.subscribe(topic);
      onJoin();
    }
    log.info('Joined the topics of blocks', { topics: [...validators.keys()] });
  }

  /**
   * Publishes after the checks that messages of others get.
   * @throws NodeError P2P_NOT_PUBLISHED, temporary.
   */
  async publish({ topic, data }: TopicMessage): Promise<void> {
    const { gossip, validators, signal } = this.deps;
    const verdict = await validators.get(topic)?.validate(data, signal);
    if (verdict?.kind !== 'accept') throw notPublished(verdict?.reason ?? 'no such topic');
    try {
      await gossip.publish(topic, data);
    } catch (cause) {
      throw notPublished(toNodeError(cause).message, cause);
    }
  }

  /** How many peers have told us that they want the blocks of this topic. */
  peersOf(topic: string): number {
    return this.deps.gossip.getSubscribers(topic).length;
  }

  /** Peers that want the blocks of any topic. */
  get allPeers(): ReadonlySet<string> {
    const { gossip, validators } = this.deps;
    const topics = [...validators.keys()];
    return new Set(topics.flatMap((topic) => gossip.getSubscribers(topic).map(String)));
  }

  isInMesh(peer: string): boolean {
    const { gossip, validators } = this.deps;
    return [...validators.keys()].some((topic) => gossip.getMeshPeers(topic).includes(peer));
  }

  scoreOf(peer: string): number {
    return this.deps.gossip.getScore(peer);
  }

  /** What the scores of peers are made of, by peer id. */
  get stats(): Readonly<Record<string, GossipStats>> {
    return this.deps.gossip.dumpPeerScoreStats();
  }

  private async judge(peer: PeerId, { topic, data }: Message): Promise<TopicValidatorResult> {
    const { onBlock, onVerdict, log, signal } = this.deps;
    const from = peer.toString();
    const verdict = await this.verdictOf(topic, data);
    onVerdict(from, verdict);
    if (verdict.kind === 'accept') {
      onBlock(verdict.block, from);
    } else if (!signal.aborted) {
      const { kind, reason } = verdict;
      log.debug('Gossiped block is not taken', { peer: from, topic, verdict: kind, reason });
    }
    return RESULTS[verdict.kind];
  }

  /** A validator that fails is no reason to pass a message on. */
  private async verdictOf(topic: string, data: Uint8Array): Promise<BlockVerdict> {
    const { validators, signal, log } = this.deps;
    try {
      const verdict = await validators.get(topic)?.validate(data, signal);
      return verdict ?? { kind: 'reject', reason: 'no such topic' };
    } catch (thrown) {
      const { message } = toNodeError(thrown);
      if (!signal.aborted)
        log.error('Validation of a gossiped block failed', { topic, err: message });
      return { kind: 'ignore', reason: message };
    }
  }
}

function notPublished(problem: string, cause?: unknown): NodeError {
  return new NodeError('P2P_NOT_PUBLISHED', problem, { severity: 'temporary', cause });
}
