/**
 * The status page in the browser: takes the history once, then the status each second, and shows them. What it cannot
 * read it says; it asks again until somebody closes it. Nothing is kept beyond an hour of points.
 */
import type { HistoryJson, StatusJson } from '../statusJson.js';
import { durationText } from '../words.js';
import { nameOf, showFindings, showNode } from './headline.js';
import { showHeads } from './heads.js';
import { showPanels } from './panels.js';
import { Plots } from './plots.js';
import { Series } from './series.js';

const EVERY_MS = 1_000;
/** A node that takes longer is told to be silent. */
const PATIENCE_MS = 4_000;
/** Of a tab that slept, or a node whose clock was set, the history is taken anew. */
const GAP_MS = 10_000;

let plots: Plots | null = null;
/** What the plots are of: a node started anew with other parts has others. */
let shape = '';
let series: Series | null = null;
let heardMs = performance.now();

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${path} answers ${response.status}`);
  return (await response.json()) as T;
}

async function look(): Promise<void> {
  const status = await ask<Partial<StatusJson>>('status.json');
  if (!isWhole(status)) return;
  heardMs = performance.now();
  if (series === null || Math.abs(status.nowMs - (series.newestMs ?? 0)) > GAP_MS) {
    series = new Series(await ask<HistoryJson>('status/history.json'));
  }
  series.add(status.row);
  show(status, series);
}

/** Before the node's first look at itself there is nothing in it. */
function isWhole(status: Partial<StatusJson>): status is StatusJson {
  return status.findings !== undefined;
}

function show(status: StatusJson, points: Series): void {
  document.body.classList.remove('is-silent');
  showFindings(status.findings, nameOf(status));
  showNode(status);
  showHeads(status);
  const parts = [status.follow === null, status.progress === null, status.l1 === null].join();
  if (plots === null || parts !== shape) plots = new Plots(status);
  shape = parts;
  plots.show(points);
  showPanels(status);
}

function showSilence(): void {
  const since = durationText((performance.now() - heardMs) / 1_000);
  document.body.classList.add('is-silent');
  const text = `The node does not answer, for ${since} now`;
  showFindings([{ level: 'bad', text }], 'Slipstream');
}

async function run(): Promise<void> {
  await look().catch(showSilence);
  setTimeout(run, EVERY_MS);
}

void run();
