import type {
  EndpointJson,
  FollowJson,
  Level,
  PeersJson,
  ProgressJson,
  SequencerJson,
  SourceJson,
  StatusJson,
  VerificationJson,
} from '../statusJson.js';
import { blocksText, durationText, numberText, RESULT_WORDS, resultWords } from '../words.js';
import { byId, card, el, facts, fill, sign } from './dom.js';
import { latencyText } from './text.js';

/** In the order in which they are told: what is well first. */
const RESULTS = Object.keys(RESULT_WORDS);

/** A card for each part that this node has. */
export function showPanels(status: StatusJson): void {
  const { follow, progress, verification, peers, sequencer, endpoints } = status;
  const cards = [
    follow === null ? null : followCard(follow),
    progress === null ? null : progressCard(progress, verification),
    sequencer === null ? null : sequencerCard(sequencer),
    peers === null ? null : peersCard(peers),
    endpointsCard(endpoints.engine, endpoints.l1),
  ];
  fill(
    byId('panels'),
    cards.filter((made) => made !== null),
  );
}

function state(level: Level, text: string): HTMLElement {
  return el('p', 'state', sign(level), el('span', '', text));
}

function followCard(follow: FollowJson): HTMLElement {
  const { sources, quorum, lastTakenSec, failovers, reorgs } = follow;
  const title = sources.length === 1 ? 'Follow source' : 'Follow sources';
  const agree = quorum === 0 ? null : `${quorum} of ${sources.length} must agree`;
  return card(
    title,
    'wide',
    ...sources.map(sourceRow),
    facts([
      ['Status taken', `${durationText(lastTakenSec)} ago`],
      ['Quorum', agree],
      ['Changes of source', failovers === 0 ? null : numberText(failovers)],
      ['Times that our blocks were replaced', reorgs === 0 ? null : numberText(reorgs)],
    ]),
  );
}

function sourceRow({ name, isActive, says, level, results, latencyMs }: SourceJson): HTMLElement {
  const role = isActive ? 'followed' : 'standby';
  const counts = Object.entries(results)
    .sort(([one], [other]) => RESULTS.indexOf(one) - RESULTS.indexOf(other))
    .map(([result, times]) => `${resultWords(result).counted} ${numberText(times)}`);
  return el(
    'div',
    'source',
    sign(level),
    el('span', 'name', name),
    el('span', 'time', latencyText(latencyMs) ?? ''),
    el('p', `more says ${level}`, `${says} · ${role}`),
    counts.length === 0 ? null : el('p', 'more', `since the start: ${counts.join(', ')}`),
  );
}

function progressCard(progress: ProgressJson, verification: VerificationJson | null): HTMLElement {
  const { by, at, of, from, isIdle, blocksPerSec, leftSec } = progress;
  const left = Math.max(0, of - at);
  const bar = document.createElement('progress');
  bar.max = Math.max(1, of - from);
  bar.value = Math.max(0, at - from);
  bar.setAttribute('aria-label', 'L1 read');
  const isDone = isIdle || left <= 1;
  const how = leftSec === null ? `${blocksText(left)} left` : `about ${durationText(leftSec)} left`;
  return card(
    by === 'derivation' ? 'Derivation from L1' : 'Verification against L1',
    '',
    state(isDone ? 'ok' : 'work', isDone ? 'at the head of L1' : how),
    bar,
    facts([
      ['L1 block', `${numberText(at)} of ${numberText(of)}`],
      ['L1 blocks left', numberText(left)],
      ['Speed', blocksPerSec === null ? null : speedText(blocksPerSec)],
      ...(verification === null ? [] : verifiedRows(verification)),
    ]),
  );
}

function speedText(blocksPerSec: number): string {
  if (blocksPerSec >= 1) return `${numberText(Math.round(blocksPerSec))} L1 blocks a second`;
  return `${numberText(Math.round(blocksPerSec * 60))} L1 blocks a minute`;
}

function verifiedRows({ verified, refuted, replaced, restarts }: VerificationJson) {
  return [
    ['L2 verified up to', verified === null ? 'nothing yet' : numberText(verified)],
    ['Blocks that L1 refutes', numberText(refuted)],
    ['Replacements taken', replaced === 0 ? null : numberText(replaced)],
    ['Started over', restarts === 0 ? null : `${numberText(restarts)} times`],
  ] as const;
}

function sequencerCard({ isActive, errors, sealingMs }: SequencerJson): HTMLElement {
  return card(
    'Sequencer',
    '',
    state(isActive ? 'ok' : 'work', isActive ? 'active' : 'stopped'),
    facts([
      ['Sealing a block', latencyText(sealingMs)],
      ['Errors since the start', numberText(errors)],
    ]),
  );
}

function peersCard({ count, whyNone, blocks }: PeersJson): HTMLElement {
  const names = { accept: 'accepted', ignore: 'ignored', reject: 'rejected' };
  const rows = Object.entries(names).map(
    ([verdict, name]) => [`Gossiped blocks ${name}`, numberText(blocks[verdict] ?? 0)] as const,
  );
  const text = count === 1 ? '1 peer' : `${numberText(count)} peers`;
  return card(
    'Peers',
    '',
    state(count > 0 ? 'ok' : 'warn', count > 0 ? text : 'none'),
    whyNone === null || count > 0 ? null : el('p', 'nothing', whyNone),
    facts(rows),
  );
}

function endpointsCard(engine: EndpointJson, l1: EndpointJson | null): HTMLElement {
  const isWell = engine.isAnswering && (l1?.isAnswering ?? true);
  return card(
    'Endpoints',
    '',
    state(isWell ? 'ok' : 'bad', isWell ? 'answering' : 'not answering'),
    facts([
      ['Execution client', endpointText(engine)],
      ['L1', l1 === null ? 'none: nothing of the source is checked' : endpointText(l1)],
    ]),
  );
}

function endpointText({ latencyMs, isAnswering }: EndpointJson): string {
  if (!isAnswering) return 'does not answer';
  return latencyText(latencyMs) ?? 'not asked lately';
}
