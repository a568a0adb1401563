import type { StatusJson } from '../statusJson.js';
import { durationText, numberText } from '../words.js';
import { byId } from './dom.js';
import { Plot, type PlotOptions } from './plot.js';
import type { Series } from './series.js';
import { latencyText } from './text.js';

interface Shown {
  readonly plot: Plot;
  readonly columns: (series: Series) => (number | null)[][];
}

const plainNumber = (value: number): string => numberText(Math.round(value));
const seconds = (value: number): string =>
  value < 0 ? `−${durationText(-value)}` : durationText(value);
const milliseconds = (value: number): string => latencyText(value) ?? '';
/** The axis has round values, and zero. */
const wholeMilliseconds = (value: number): string =>
  value < 1_000 ? `${value} ms` : `${value / 1_000} s`;

/** The plots of a node: its heads, how far it is behind, and how fast what it asks answers. */
export class Plots {
  private readonly shown: readonly Shown[];

  constructor({ follow, progress, l1 }: StatusJson) {
    this.shown = [
      heads(),
      ...(follow === null ? [] : [drift()]),
      ...(progress === null && (l1 === null || follow !== null) ? [] : [l1Left()]),
      latency(follow !== null),
    ];
    byId('plots').replaceChildren(...this.shown.map(({ plot }) => plot.element));
  }

  show(series: Series): void {
    const times = series.timesSec();
    for (const { plot, columns } of this.shown) plot.show(times, columns(series));
  }
}

function make(
  options: Pick<PlotOptions, 'title' | 'lines' | 'valueText'> & Partial<PlotOptions>,
  columns: (series: Series) => (number | null)[][],
): Shown {
  return {
    plot: new Plot({
      isStepped: true,
      isWhole: true,
      fromZero: true,
      axisText: options.valueText,
      ...options,
    }),
    columns,
  };
}

function heads(): Shown {
  return make(
    {
      title: 'Heads, block number',
      lines: ['unsafe', 'safe', 'finalized'],
      valueText: plainNumber,
      fromZero: false,
    },
    (series) => [series.column('unsafe'), series.column('safe'), series.column('finalized')],
  );
}

function drift(): Shown {
  return make(
    {
      title: 'Drift, how far the source is ahead',
      lines: ['unsafe', 'safe', 'finalized'],
      valueText: seconds,
      axisText: (value) => `${numberText(value)} s`,
    },
    (series) => ['unsafeDrift', 'safeDrift', 'finalizedDrift'].map((name) => series.column(name)),
  );
}

function l1Left(): Shown {
  return make(
    { title: 'L1 blocks left to read', lines: ['left'], valueText: plainNumber },
    (series) => {
      const at = series.column('l1At');
      const left = series.column('l1Head').map((head, row) => {
        const read = at[row] ?? null;
        return head === null || read === null ? null : Math.max(0, head - read);
      });
      return [left];
    },
  );
}

function latency(isFollowing: boolean): Shown {
  const names = ['execution client', 'L1', ...(isFollowing ? ['source'] : [])];
  const columns = ['engineMs', 'l1Ms', 'sourceMs'].slice(0, names.length);
  return make(
    {
      title: 'Latency of answers',
      lines: names,
      valueText: milliseconds,
      axisText: wholeMilliseconds,
      isStepped: false,
    },
    (series) => columns.map((name) => series.column(name)),
  );
}
