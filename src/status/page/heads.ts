import type { BlockJson, StatusJson } from '../statusJson.js';
import { blocksText, durationText, numberText } from '../words.js';
import { byId, card, el, fill } from './dom.js';

/** The heads: number, age, and how far each is from the one before it. */
export function showHeads({ heads, l1, progress, nowMs }: StatusJson): void {
  const { unsafe, safe, finalized } = heads;
  fill(byId('heads'), [
    head('Unsafe head', unsafe, nowMs, ''),
    head('Safe head', safe, nowMs, behind(unsafe, safe, 'unsafe')),
    head('Finalized head', finalized, nowMs, behind(safe, finalized, 'safe')),
    ...(l1 === null
      ? []
      : [
          head(
            'L1 head',
            l1.head,
            nowMs,
            progress === null ? '' : `read up to ${numberText(progress.at)}`,
          ),
        ]),
  ]);
}

function head(title: string, block: BlockJson | null, nowMs: number, more: string): HTMLElement {
  const number = block === null ? '–' : numberText(block.number);
  const age = block === null ? 'not known' : `${durationText(nowMs / 1_000 - block.timeSec)} old`;
  const made = card(title, 'head', el('strong', '', number), el('p', '', age), el('p', '', more));
  if (block !== null) made.title = block.hash;
  return made;
}

function behind(upper: BlockJson | null, lower: BlockJson | null, name: string): string {
  if (upper === null || lower === null) return '';
  const blocks = upper.number - lower.number;
  return blocks === 0 ? `level with ${name}` : `${blocksText(blocks)} behind ${name}`;
}
