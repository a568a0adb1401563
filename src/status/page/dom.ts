import type { Level } from '../statusJson.js';

type Child = Node | string | null;

/** An element with its class and what is in it. Text is always text, whoever wrote it. */
export function el(tag: string, className: string, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The page's own element of that id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no #${id}`);
  return found;
}

/** Puts elements into a place; those that have not changed stay, and with them what a reader has selected. */
export function fill(place: HTMLElement, elements: readonly HTMLElement[]): void {
  for (const [at, made] of elements.entries()) {
    const there = place.children[at];
    if (there === undefined) place.append(made);
    else if (!there.isEqualNode(made)) there.replaceWith(made);
  }
  while (place.children.length > elements.length) place.lastElementChild?.remove();
}

const SIGNS: Readonly<Record<Level, readonly [sign: string, word: string]>> = {
  ok: ['✓', 'well'],
  work: ['…', 'at work'],
  warn: ['!', 'look at this'],
  bad: ['✕', 'wrong'],
};

/** A level's sign: its shape says the same as its colour. */
export function signOf(level: Level): string {
  return SIGNS[level][0];
}

export function sign(level: Level): HTMLElement {
  const made = el('span', `sign ${level}`, signOf(level));
  made.setAttribute('role', 'img');
  made.setAttribute('aria-label', SIGNS[level][1]);
  return made;
}

/** A list of names and values; those without a value are left out. */
export function facts(
  rows: readonly (readonly [name: string, value: string | null])[],
): HTMLElement {
  const known = rows.filter(([, value]) => value !== null);
  return el(
    'dl',
    '',
    ...known.flatMap(([name, value]) => [el('dt', '', name), el('dd', '', value)]),
  );
}

export function card(title: string, className: string, ...children: readonly Child[]): HTMLElement {
  return el('section', `card ${className}`, el('h2', '', title), ...children);
}
