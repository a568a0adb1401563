import uPlot from 'uplot';
import { el } from './dom.js';

export interface PlotOptions {
  readonly title: string;
  readonly lines: readonly string[];
  /** How a value is written at the axis and in the legend. */
  readonly valueText: (value: number) => string;
  /** Steps for what changes at once, like heads. */
  readonly isStepped: boolean;
  /** True where zero is where things should be. */
  readonly fromZero: boolean;
}

/** Told apart without colours, too: drawn through, dashed, dotted. */
const DASHES: readonly (readonly number[])[] = [[], [8, 5], [2, 4]];
const HEIGHT = 176;

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
    this.element = el('section', 'card', el('h2', '', options.title), this.legend, this.place);
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
    const { lines, isStepped, fromZero, valueText } = this.options;
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
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_plot, low, high) => rangeOf(low, high, fromZero) } },
      series: [{}, ...series],
      axes: [
        { ...axis, space: 70, size: 24, values: (_plot, at) => at.map(clockText) },
        { ...axis, size: 64, space: 34, values: (_plot, at) => at.map(valueText) },
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

function clockText(sec: number): string {
  return new Date(sec * 1_000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
}
