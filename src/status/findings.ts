import type { BlockJson, Finding, Level, StatusJson } from './statusJson.js';
import { blocksText, durationText, numberText, resultWords } from './words.js';

/** What the findings are made of: all of the status but them. */
export type StatusFacts = Omit<StatusJson, 'findings' | 'row'> & {
  /** L2 blocks a second that the safe head comes closer by to the source's; null without a measure, or while it does not. */
  readonly closingRate: number | null;
  readonly alarms: Alarms;
};

/** What the node itself says is wrong. */
export interface Alarms {
  readonly isFinalityHeldBack: boolean;
  readonly isSyncStalled: boolean;
  readonly unservedForks: number;
}

/** Statuses come every few seconds; a minute without one is a fault. */
const TAKEN_LIMIT_SEC = 60;
/** So far behind the source, or behind L1's head, one is catching up rather than following. */
const CATCHING_UP_SEC = 60;
const CATCHING_UP_L1_BLOCKS = 10;
/** An L1 block comes every twelve seconds; a missed slot is nothing. */
const L1_HEAD_LIMIT_SEC = 180;
/** Blocks that may be missing before somebody should look, and the least time for that. */
const LATE_BLOCKS = 10;
const LATE_SEC = 60;
const SEQUENCER_LATE_BLOCKS = 3;
const SEQUENCER_LATE_SEC = 10;

const ORDER: readonly Level[] = ['bad', 'warn', 'work', 'ok'];

/** How the node is, in plain words: what it does and everything that is not as it should be. The worst first, never empty. */
export function findingsOf(facts: StatusFacts): readonly Finding[] {
  if (!facts.node.isUp || facts.heads.unsafe === null) {
    return [work('Starting: the execution client has not told its heads yet'), ...engine(facts)];
  }
  const all = [
    ...engine(facts),
    ...follow(facts),
    ...sequencing(facts),
    ...peers(facts),
    ...l1(facts),
    ...alarms(facts),
    ...doing(facts),
  ];
  return ORDER.flatMap((level) => all.filter((finding) => finding.level === level));
}

function bad(text: string): Finding {
  return { level: 'bad', text };
}
function warn(text: string): Finding {
  return { level: 'warn', text };
}
function work(text: string): Finding {
  return { level: 'work', text };
}
function ok(text: string): Finding {
  return { level: 'ok', text };
}

function engine({ endpoints, node }: StatusFacts): readonly Finding[] {
  if (!endpoints.engine.isAnswering) return [bad('The execution client does not answer')];
  return node.isEngineSyncing ? [work('The execution client is syncing')] : [];
}

function follow({ follow: following }: StatusFacts): readonly Finding[] {
  if (following === null) return [];
  const { sources, quorum, isQuorumMet, isConflictLasting } = following;
  const found: Finding[] = [];
  if (isConflictLasting) {
    found.push(bad('In conflict with the source for five minutes: an operator must decide'));
  }
  if (quorum > 0 && !isQuorumMet) {
    found.push(bad(`Fewer than ${quorum} sources are healthy and agree: heads stand still`));
  }
  const isNamed = sources.length > 1;
  for (const [at, { isActive, level, says }] of sources.entries()) {
    if (level !== 'bad' && level !== 'warn') continue;
    const name = isNamed ? `Source ${at + 1}` : 'Source';
    // While another is followed, what is wrong with this one stops nobody.
    found.push({ level: isActive ? level : 'warn', text: `${name} ${says}` });
  }
  return found;
}

function sequencing({ sequencer, heads, node, nowMs }: StatusFacts): readonly Finding[] {
  if (sequencer === null) return [];
  if (!sequencer.isActive) return [work('The sequencer is stopped')];
  const age = ageSec(heads.unsafe, nowMs);
  const limit = Math.max(SEQUENCER_LATE_SEC, SEQUENCER_LATE_BLOCKS * node.blockTimeSec);
  if (age === null || age <= limit) return [];
  return [bad(`The sequencer is active, but its newest block is ${durationText(age)} old`)];
}

function peers(facts: StatusFacts): readonly Finding[] {
  const { peers: among } = facts;
  if (among === null || among.count > 0) return [];
  const why = among.whyNone === null ? '' : `: ${among.whyNone}`;
  // Others' newest blocks come from peers; what is asked for beside them is older.
  return [{ level: isUnsafeLate(facts) ? 'bad' : 'warn', text: `No peers${why}` }];
}

function l1({ l1: layer, endpoints, nowMs }: StatusFacts): readonly Finding[] {
  if (layer === null) return [];
  if (endpoints.l1 !== null && !endpoints.l1.isAnswering) return [bad('L1 does not answer')];
  const age = ageSec(layer.head, nowMs);
  if (age === null || age <= L1_HEAD_LIMIT_SEC) return [];
  return [warn(`The newest L1 block is ${durationText(age)} old: L1 stands, or its endpoint does`)];
}

function alarms({ alarms: node }: StatusFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (node.isSyncStalled) {
    found.push(bad('The execution client makes no progress towards the followed head'));
  }
  if (node.unservedForks > 0) {
    found.push(warn('The execution client lacks methods of a fork that is scheduled'));
  }
  if (node.isFinalityHeldBack) {
    found.push(warn('Finality is held back: --finality.lookback is too short'));
  }
  return found;
}

/** What the node does, which is said whatever is wrong beside it. */
function doing(facts: StatusFacts): readonly Finding[] {
  const found = facts.follow === null ? deriving(facts) : following(facts);
  const { sequencer, heads } = facts;
  if (sequencer?.isActive && heads.unsafe !== null) {
    return [ok(`Sequencing: block ${numberText(heads.unsafe.number)}`), found];
  }
  const late = unsafeLate(facts, found);
  return late === null ? [found] : [late, found];
}

function deriving({ progress, heads, nowMs }: StatusFacts): Finding {
  if (progress === null) return work('Deriving from L1: finding where to begin');
  const { at, of, isIdle, leftSec } = progress;
  if (!isIdle && of - at > CATCHING_UP_L1_BLOCKS) {
    const left = leftSec === null ? '' : `, about ${durationText(leftSec)} left`;
    return work(`Deriving from L1: block ${numberText(at)} of ${numberText(of)}${left}`);
  }
  const age = ageSec(heads.safe, nowMs);
  const safe = age === null ? '' : `: safe head ${durationText(age)} old`;
  return ok(`Deriving well${safe}, L1 read up to its head`);
}

function following({ follow: source, closingRate }: StatusFacts): Finding {
  if (source === null || source.lastResult === null) {
    return work('Waiting for the first status of the source');
  }
  const { lastResult, lastTakenSec, drift } = source;
  const isLate = lastTakenSec > TAKEN_LIMIT_SEC;
  // The drift is then that of a status which does not count.
  if (isLate || resultWords(lastResult).level !== 'ok') {
    const text = `Heads stand: no status was taken for ${durationText(lastTakenSec)}`;
    return isLate ? bad(text) : work(text);
  }
  const { blocks, seconds } = drift.safe ?? { blocks: 0, seconds: 0 };
  if (seconds <= 0) return ok('Following well: safe head level with its source');
  if (seconds <= CATCHING_UP_SEC) {
    return ok(`Following well: safe head ${durationText(seconds)} behind its source`);
  }
  const left = closingRate === null ? '' : `, about ${durationText(blocks / closingRate)} left`;
  return work(`Catching up: safe head ${blocksText(blocks)} behind its source${left}`);
}

/** Null while blocks come as they should, or while older ones are being caught up with. */
function unsafeLate(facts: StatusFacts, { level }: Finding): Finding | null {
  if (level !== 'ok' || !isUnsafeLate(facts)) return null;
  const age = ageSec(facts.heads.unsafe, facts.nowMs) ?? 0;
  return warn(`No new block for ${durationText(age)}`);
}

function isUnsafeLate({ heads, node, nowMs }: StatusFacts): boolean {
  const age = ageSec(heads.unsafe, nowMs);
  return age !== null && age > Math.max(LATE_SEC, LATE_BLOCKS * node.blockTimeSec);
}

function ageSec(block: BlockJson | null, nowMs: number): number | null {
  return block === null ? null : Math.max(0, nowMs / 1000 - block.timeSec);
}
