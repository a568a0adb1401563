import { DEVNET_FORKS, type DevnetChainOptions, forkTime } from '../genesis/devnetGenesis.js';
import { LIVE_ROLES, type LiveRole } from './liveNetwork.js';
import type { NetworkHeads } from './networkHeads.js';

/** What the live devnet shows at one moment. */
export interface LiveSnapshot {
  readonly elapsedSec: number;
  readonly chain: DevnetChainOptions;
  readonly heads: NetworkHeads;
  /** Newest block that the development batcher has posted; null without one or before the first. */
  readonly postedThrough: number | null;
}

const COLUMNS = ['unsafe', 'safe', 'finalized', 'current L1', 'L1 head', 'peers'] as const;
const NAME_WIDTH = 12;
const CELL_WIDTH = 12;

/** The live table, one string a line. */
export function liveTable(snapshot: LiveSnapshot): readonly string[] {
  const { heads } = snapshot;
  return [
    row(`t = ${Math.floor(snapshot.elapsedSec)} s`, COLUMNS),
    ...LIVE_ROLES.map((role) => row(role, numbers(heads, role) ?? COLUMNS.map(() => '-'))),
    `blocks: ${commonText(snapshot)}`,
    `forks:  ${forksText(snapshot)}`,
    `posted: ${snapshot.postedThrough ?? '-'}`,
  ];
}

/** The same in one line, for logs. */
export function liveLine(snapshot: LiveSnapshot): string {
  const parts = LIVE_ROLES.map((role) => {
    const [unsafe, safe, finalized, currentL1, , peers] = numbers(snapshot.heads, role) ?? [];
    return unsafe === undefined
      ? `${role} no answer`
      : `${role} ${unsafe}/${safe}/${finalized} L1 ${currentL1} peers ${peers}`;
  });
  return [`${Math.floor(snapshot.elapsedSec)}s`, ...parts, commonText(snapshot)].join(' | ');
}

/** The same for machines: one JSON object. */
export function liveJson(snapshot: LiveSnapshot): string {
  const { elapsedSec, heads, postedThrough } = snapshot;
  const nodes = Object.fromEntries(
    LIVE_ROLES.map((role) => {
      const [unsafe, safe, finalized, currentL1, headL1, peers] = numbers(heads, role) ?? [];
      const shown = { unsafe, safe, finalized, currentL1, headL1, peers };
      return [role, unsafe === undefined ? null : shown];
    }),
  );
  const forks = activeForks(snapshot);
  return JSON.stringify({ elapsedSec, ...nodes, common: heads.common, forks, postedThrough });
}

/** The columns of a node; null where it does not answer. */
function numbers(heads: NetworkHeads, role: LiveRole): readonly number[] | null {
  const status = heads.status[role];
  if (status === null) return null;
  const { unsafe_l2, safe_l2, finalized_l2, current_l1, head_l1 } = status;
  const blocks = [unsafe_l2, safe_l2, finalized_l2, current_l1, head_l1].map((ref) => ref.number);
  return [...blocks, heads.peers[role] ?? 0];
}

function commonText({ heads: { common } }: LiveSnapshot): string {
  if (common === null) return 'not known';
  return `${common.number} ${common.isSame ? 'the same on all engines' : 'DIFFERENT'}`;
}

/** Forks that are active at the sequencer's unsafe head. */
function activeForks({ chain, heads }: LiveSnapshot): readonly string[] {
  const time = heads.status.sequencer?.unsafe_l2.timestamp ?? 0;
  return DEVNET_FORKS.filter((fork) => (forkTime(chain, fork) ?? Number.MAX_VALUE) <= time);
}

function forksText(snapshot: LiveSnapshot): string {
  const { chain, heads } = snapshot;
  const active = activeForks(snapshot);
  const next = DEVNET_FORKS.find((fork) => chain.forkOffsets[fork] && !active.includes(fork));
  const time = heads.status.sequencer?.unsafe_l2.timestamp ?? chain.time;
  const inSec = next === undefined ? 0 : (forkTime(chain, next) ?? 0) - time;
  const coming = next === undefined ? '' : `; ${next} in ${inSec} s`;
  return `${active.join(', ') || 'none yet'}${coming}`;
}

function row(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(CELL_WIDTH)).join('');
}
