import type { Finding, Level, StatusJson } from '../statusJson.js';
import { byId, el, fill, sign, signOf } from './dom.js';

/** Colours of the icon in a browser's row of tabs. */
const ICON: Readonly<Record<Level, string>> = {
  ok: '#009e73',
  work: '#0072b2',
  warn: '#e69f00',
  bad: '#d55e00',
};

/** Says how the node is: the worst in large letters, and whatever else there is below. */
export function showFindings([first, ...others]: readonly Finding[], of: string): void {
  const { level, text } = first ?? { level: 'work', text: 'Asking the node' };
  const headline = el('p', `headline ${level}`, sign(level), el('span', '', text));
  const rest = others.map((other) =>
    el('p', 'finding', sign(other.level), el('span', '', other.text)),
  );
  fill(byId('findings'), [headline, ...rest]);
  document.title = `${signOf(level)} ${of}`;
  const circle = `<circle cx="8" cy="8" r="7" fill="${ICON[level]}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${circle}</svg>`;
  byId('icon').setAttribute('href', `data:image/svg+xml,${encodeURIComponent(svg)}`);
}

/** What the node is, and when it said so. */
export function showNode({ node, nowMs }: StatusJson): void {
  const { network, chainId, version, isFollowing, isVerifying, isSequencer } = node;
  const chain = network === null ? `chain ${chainId}` : `${network} (${chainId})`;
  const does = [
    isFollowing ? 'follows' : 'derives',
    ...(isVerifying ? ['verifies'] : []),
    ...(isSequencer ? ['sequences'] : []),
  ];
  byId('node').textContent = [chain, does.join(', '), version].join(' · ');
  byId('clock').textContent = new Date(nowMs).toLocaleTimeString([], { hour12: false });
}

export function nameOf({ node }: StatusJson): string {
  return `Slipstream · ${node.network ?? `chain ${node.chainId}`}`;
}
