/** What a figure is to be: at most so much, or at most or at least so many times the reference's in the same run. */
export type Goal =
  | { readonly most: number }
  | { readonly mostTimes: number }
  | { readonly leastTimes: number };

/** One line of what the benches found. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** The reference's; left out where it was not measured or cannot do the thing. */
  readonly theirs?: number;
  readonly goal?: Goal;
}

/** Figures of both by the targets' names, as a table's line has them. */
export function sideBySide(
  byName: (name: 'slipstream' | 'op-node') => number,
  targets: readonly { readonly name: string }[],
): Pick<Figure, 'ours' | 'theirs'> {
  const ours = byName('slipstream');
  const isThere = targets.some(({ name }) => name === 'op-node');
  return isThere ? { ours, theirs: byName('op-node') } : { ours };
}

/** What the benches of one run found, as one table. */
export class Figures {
  private readonly found: Figure[] = [];

  add(figure: Figure): void {
    this.found.push(figure);
  }

  /** Lines of a Markdown table, and how many goals hold; empty where nothing was found. */
  table(): readonly string[] {
    if (this.found.length === 0) return [];
    const verdicts = this.found.map(holds);
    const rows = this.found.map((figure, index) => row(figure, verdicts[index] ?? null));
    const judged = verdicts.filter((verdict) => verdict !== null);
    const held = judged.filter((verdict) => verdict).length;
    return [
      '| figure | unit | slipstream | op-node | ratio | goal | holds |',
      '|---|---|--:|--:|--:|--:|---|',
      ...rows,
      '',
      `${held} of ${judged.length} goals hold`,
    ];
  }
}

/** Null where there is no goal, or nothing to compare with. */
function holds({ goal, ours, theirs }: Figure): boolean | null {
  if (goal === undefined) return null;
  if ('most' in goal) return ours <= goal.most;
  if (theirs === undefined) return null;
  if ('mostTimes' in goal) return ours <= goal.mostTimes * theirs;
  return ours >= goal.leastTimes * theirs;
}

function row({ what, unit, ours, theirs, goal }: Figure, verdict: boolean | null): string {
  const other = theirs === undefined ? '' : shown(theirs);
  const ratio = theirs === undefined || theirs === 0 ? '' : (ours / theirs).toFixed(2);
  const judged = verdict === null ? '' : verdict ? 'yes' : 'NO';
  return `| ${[what, unit, shown(ours), other, ratio, goalText(goal), judged].join(' | ')} |`;
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if ('most' in goal) return `<= ${goal.most}`;
  return 'mostTimes' in goal ? `<= ${goal.mostTimes} x` : `>= ${goal.leastTimes} x`;
}

/** Three digits, or all before the point. */
function shown(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
