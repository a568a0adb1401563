import uPlot from 'uplot';
import { el } from './dom.js';

export interface PlotOptions {
  readonly title: string;
  readonly lines: readonly string[];
  readonly valueText: (value: number) => string;
  /** How a value is written at the axis. */
  readonly axisText: (value: number) => string;
  /** Steps for what changes at once, like heads. */
  readonly isStepped: boolean;
  /** True where there is nothing between whole numbers. */
  readonly isWhole: boolean;
  /** True where zero is where things should be. */
  readonly fromZero: boolean;
}

/** Told apart without colours, too: drawn through, dashed, dotted. */
const DASHES: readonly (readonly number[])[] = [[], [8, 5], [2, 4]];
/** 1, 2, 5, 10 and so on. */
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat();
/** In CSS pixels, as in page.css. */
const HEIGHT = 176;
/** Of the axes' font, digits and the widest letters. */
const AXIS_CHAR_WIDTH = 6.6;
const AXIS_GAP = 12;

/** A live plot in a card of its own, in the colours of the page. */
export class Plot {
  readonly element: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly place: HTMLElement;
  private readonly values: HTMLElement[];
  private data: uPlot.AlignedData = [[]];
  private drawn: uPlot | null = null;

  constructor(private readonly options: PlotOptions) {
    this.values = options.lines.map(() => el('b', ''));
    const entries = options.lines.map((label, at) =>
      el('span', `series-${at + 1}`, el('i', ''), label, this.values[at] ?? null),
    );
    this.legend = el('p', 'legend', ...entries);
    this.place = el('div', 'plot');
    this.place.setAttribute('role', 'img');
    this.element = el(
      'section',
      'card plotted',
      el('h2', '', options.title),
      this.legend,
      this.place,
    );
    new ResizeObserver(() => this.resize()).observe(this.place);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.draw());
  }

  /** @param timesSec Unix seconds, as many as each line has values. */
  show(timesSec: number[], lines: (number | null)[][]): void {
    this.data = [timesSec, ...lines];
    if (this.drawn === null) this.draw();
    else this.drawn.setData(this.data);
    this.tell(this.drawn?.cursor.idx ?? null);
  }

  private draw(): void {
    this.drawn?.destroy();
    this.drawn = null;
    const width = this.place.clientWidth;
    if (width === 0) return;
    this.drawn = new uPlot(this.config(width), this.data, this.place);
  }

  private resize(): void {
    const width = this.place.clientWidth;
    if (this.drawn === null) this.draw();
    else if (width > 0) this.drawn.setSize({ width, height: HEIGHT });
  }

  private config(width: number): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const { lines, isStepped, isWhole, fromZero, axisText } = this.options;
    const { stepped } = uPlot.paths;
    const axis = {
      stroke: color('quiet'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: color('grid'), width: 1 },
      ticks: { show: false },
    };
    const series = lines.map((label, at) => ({
      label,
      stroke: color(`series-${at + 1}`),
      width: 2,
      dash: [...(DASHES[at] ?? [])],
      points: { show: false },
      ...(isStepped && stepped && { paths: stepped({ align: 1 }) }),
    }));
    return {
      width,
      height: HEIGHT,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_plot, low, high) => rangeOf(low, high, fromZero) } },
      series: [{}, ...series],
      axes: [
        {
          ...axis,
          space: 46,
          size: 22,
          values: (_plot, at) => at.map((sec) => clockText(sec, (at[1] ?? 0) - (at[0] ?? 0))),
        },
        {
          ...axis,
          space: 34,
          size: (_plot, texts) => axisWidth(texts),
          values: (_plot, at) => at.map(axisText),
          ...(isWhole && { incrs: WHOLE_STEPS }),
        },
      ],
      hooks: { setCursor: [(plot) => this.tell(plot.cursor.idx ?? null)] },
    };
  }

  /** Writes the values at the cursor, or the newest, into the legend. */
  private tell(cursor: number | null): void {
    const [times = [], ...lines] = this.data as [number[], ...(number | null)[][]];
    const at = cursor ?? times.length - 1;
    const texts = lines.map((line) => {
      const value = line[at] ?? null;
      return value === null ? '–' : this.options.valueText(value);
    });
    for (const [line, text] of texts.entries()) {
      const place = this.values[line];
      if (place !== undefined) place.textContent = text;
    }
    const told = this.options.lines.map((label, line) => `${label} ${texts[line] ?? ''}`);
    this.place.setAttribute('aria-label', `${this.options.title}: ${told.join(', ')}`);
  }
}

/** A little room above and below; never so narrow that noise looks like mountains. */
function rangeOf(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  const bottom = fromZero ? Math.min(0, from) : from;
  const room = Math.max((to - bottom) * 0.08, fromZero ? 0.5 : 1);
  return [fromZero && bottom === 0 ? 0 : bottom - room, to + room];
}

/** Room for the longest of them, and so little for none that the plot does not jump much. */
function axisWidth(texts: readonly string[] | null): number {
  const longest = Math.max(3, ...(texts ?? []).map(({ length }) => length));
  return Math.ceil(longest * AXIS_CHAR_WIDTH) + AXIS_GAP;
}

/** Hours and minutes; below a step of a minute, minutes and seconds. */
function clockText(sec: number, stepSec: number): string {
  const [hours, minutes, seconds] = new Date(sec * 1_000)
    .toLocaleTimeString('en-GB', { hour12: false })
    .split(':');
  return stepSec < 60 ? `${minutes}:${seconds}` : `${hours}:${minutes}`;
}
