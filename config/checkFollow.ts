import type { Settings } from './schema.js';
import { parseSourceHeader } from './sourceHeader.js';

/** The longest poll interval: a status older than that says little. */
const MAX_POLL_INTERVAL_MS = 300_000;

/** True where an empty `--l1` beside a follow source asks for no L1. */
export function isWithoutL1(settings: Settings): boolean {
  // The default is not empty, so an empty one was asked for.
  return settings.get('l1') === '' && settings.get('l2.follow.source').length > 0;
}

/** What the follow flags break, alone and with others; one line each. */
export function checkFollow(settings: Settings): string[] {
  return [
    ...checkSources(settings),
    ...checkHeaders(settings),
    ...checkNumbers(settings),
    ...checkWithoutL1(settings),
  ];
}

/** Null where the text is an endpoint of one of these kinds, else what was expected. */
export function endpointProblem(url: string, schemes: readonly string[]): string | null {
  const isGood = URL.canParse(url) && schemes.includes(new URL(url).protocol.slice(0, -1));
  return isGood ? null : `an endpoint that begins with ${schemes.map((s) => `${s}://`).join(', ')}`;
}

export const HTTP_SCHEMES = ['http', 'https'] as const;

/** What a JSON-RPC endpoint may be. Differs: op-node takes the path of an IPC socket, too. */
export const RPC_SCHEMES = ['http', 'https', 'ws', 'wss'] as const;

function checkSources(settings: Settings): string[] {
  const { get, isSet } = settings;
  const sources = get('l2.follow.source');
  const problems = sources.flatMap((url) =>
    line('l2.follow.source', url, endpointProblem(url, RPC_SCHEMES)),
  );
  const seen = new Set<string>();
  for (const url of sources) {
    const key = URL.canParse(url) ? new URL(url).href : url;
    if (seen.has(key)) problems.push(...line('l2.follow.source', url, 'each endpoint only once'));
    seen.add(key);
  }
  if (sources.length > 0) {
    const blocks = get('l2.follow.blocks');
    if (blocks === '') return problems;
    return [...problems, ...line('l2.follow.blocks', blocks, endpointProblem(blocks, RPC_SCHEMES))];
  }
  for (const name of ['l2.follow.blocks', 'l2.follow.verify'] as const) {
    const value = get(name);
    if (isSet(name) && value !== '' && value !== false) {
      problems.push(...line(name, String(value), '--l2.follow.source beside it'));
    }
  }
  return problems;
}

function checkHeaders({ get }: Settings): string[] {
  const count = get('l2.follow.source').length;
  return get('l2.follow.source.header').flatMap((text) => {
    const header = parseSourceHeader(text);
    const expected =
      header === null
        ? "a header written as 'Name: value' or 'N=Name: value'"
        : 'a header for one of the sources';
    const isGood = header !== null && header.source < count;
    return isGood ? [] : line('l2.follow.source.header', '(secret)', expected);
  });
}

function checkNumbers({ get }: Settings): string[] {
  const count = get('l2.follow.source').length;
  const quorum = get('l2.follow.quorum');
  const interval = get('l2.follow.poll-interval');
  const timeout = get('l2.follow.source.rpc-timeout');
  return [
    ...(quorum > count
      ? line('l2.follow.quorum', String(quorum), `at most the number of sources (${count})`)
      : []),
    ...(interval <= 0 || interval > MAX_POLL_INTERVAL_MS
      ? line('l2.follow.poll-interval', `${interval}ms`, 'above 0 and at most 5m')
      : []),
    ...(timeout <= 0 ? line('l2.follow.source.rpc-timeout', `${timeout}ms`, 'above 0') : []),
  ];
}

/** Without an L1 nothing may need one, and gossip could not be checked: its signer's address is on L1. */
function checkWithoutL1(settings: Settings): string[] {
  if (!isWithoutL1(settings)) return [];
  const { get } = settings;
  return [
    ...(get('sequencer.enabled')
      ? line('sequencer.enabled', 'true', 'an L1: --l1= (no L1) does not go with it')
      : []),
    ...(get('l2.follow.verify')
      ? line('l2.follow.verify', 'true', 'an L1: --l1= (no L1) does not go with it')
      : []),
    ...(get('p2p.disable') ? [] : line('p2p.disable', 'false', 'true with --l1= (no L1)')),
  ];
}

function line(name: string, value: string, expected: string | null): string[] {
  return expected === null ? [] : [`--${name}: ${JSON.stringify(value)}: expected ${expected}`];
}
