import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What each room is for. One that is missing here, or gone, fails the making of the page. */
const ROOMS: Readonly<Record<string, string>> = {
  config:
    'the table of flags; parser, environment, `--help`, convict schema and networks made from it',
  'src/types': 'blocks, payloads, heads: the shapes that folders pass each other',
  'src/errors': 'NodeError and the table of codes',
  'src/runtime': 'actors, channels, lanes, clock, supervisor',
  'src/runtime/http': 'walls around HTTP servers: times, sizes, turns',
  'src/telemetry': 'logger, metrics, what is kept secret in logs',
  'src/telemetry/pprof': 'CPU and heap profiles as pprof has them: served, or of a whole run',
  'src/transport': 'JSON-RPC over HTTP and WebSocket, with limits of time and size',
  'src/rollup': 'rollup config, forks, encodings, hashes: pure',
  'src/l1':
    'L1 blocks and receipts checked against their hashes, blobs, the DA server, the watcher of the heads',
  'src/derive': 'the derivation pipeline and where it starts: L1 data in, attributes out, no I/O',
  'src/derive/stages': 'the stages of the pipeline, each pulled by the next',
  'src/derive/codec': 'frames, channels, batches: bytes to values',
  'src/derive/attributes': 'payload attributes, L1 info and upgrade transactions',
  'src/derive/altda': 'inputs in the place of commitments, and what becomes of challenges',
  'src/derive/actors': 'what runs derivation: the actor, finality, reading L1 ahead',
  'src/engine': 'the Engine API, the heads and their legal moves, the actor that owns the lanes',
  'src/engine/tasks': 'one task of the engine a file',
  'src/sequencer': 'building blocks: origins, timing, start and stop, the conductor',
  'src/follow': 'follow mode: the actor, one outcome for a poll, handing targets to the engine',
  'src/follow/sources': 'a followed endpoint: what it is, which chain it serves, what it says',
  'src/follow/rules': 'whether a status is taken: against itself, L1, our heads and chain',
  'src/follow/choose': 'whom to believe: one of several sources, or a quorum',
  'src/follow/blocks': 'blocks that our execution layer lacks',
  'src/follow/verify': 'deriving behind following, and leaving what L1 does not say',
  'src/stores': 'what is on disk: the safe-head database, sequencer state, peers and their key',
  'src/p2p': 'the node among peers put together; who may sign, gaps, metrics, keys',
  'src/p2p/host': 'the libp2p node: who may be a peer, who is kept, called, let go and banned',
  'src/p2p/discovery': 'finding nodes of our chain by discv5',
  'src/p2p/api': 'peers as the operator sees and commands them',
  'src/p2p/worker':
    'the thread that has the peers: calls, logs and metrics between it and the node',
  'src/p2p/codec': 'blocks as peers send them: SSZ of its own rules, snappy blocks and frames',
  'src/p2p/gossip': 'topics, message ids, who may sign, what becomes of a message; gossipsub',
  'src/p2p/signer': 'signing blocks: with a key, or by a server',
  'src/p2p/reqresp':
    'asking peers for blocks and answering them, within limits; gaps filled by range',
  'src/p2p/scores': 'what peers are judged by',
  'src/rpc': 'dispatch of requests, errors, what the methods need',
  'src/rpc/http': 'the server, request heads and bodies, the fast lane',
  'src/rpc/ws': 'WebSockets of the server, and subscriptions to the status',
  'src/rpc/json': 'JSON and arguments as Go reads them',
  'src/rpc/methods': 'the methods, a table row each',
  'src/status':
    'how the node is: a snapshot in plain words, fresh for who looks, and the page that shows it',
  'src/status/page': 'the page itself, which runs in browsers',
  'src/node': 'the composition root: config to actors and servers, started and stopped in order',
  'src/doctor': 'what is wrong with a set-up: the findings, what the checks are given, the report',
  'src/doctor/checks': 'one subject of the doctor a file',
  'src/commands': 'what the program does besides running a node, a word each',
  src: 'the process: arguments, signals, exit codes',
};

interface Room {
  files: number;
  readonly imports: Set<string>;
}

const PAGE = 'docs/architecture.md';
const START = '<!-- map: written by npm run docs -->';
const END = '<!-- end of map -->';

/** The text of docs/architecture.md, its map made anew from the imports of the sources. */
export function architectureDoc(): string {
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${PAGE} has no place for the map`);
  return `${page.slice(0, start)}${START}\n\n${map()}\n\n${page.slice(end)}`;
}

function map(): string {
  const rooms = roomsOf(['config', 'src']);
  const unknown = [...rooms.keys()].filter((room) => !(room in ROOMS));
  const gone = Object.keys(ROOMS).filter((room) => !rooms.has(room));
  if (unknown.length + gone.length > 0) {
    throw new Error(`rooms to name: ${unknown.join(', ') || 'none'}; gone: ${gone.join(', ')}`);
  }
  const rows = Object.entries(ROOMS).map(([name, purpose]) => {
    const { files, imports } = rooms.get(name) as Room;
    const cells = [`\`${name}\``, purpose, files, [...imports].sort().map(short).join(' ')];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '```mermaid',
    'flowchart TD',
    ...reducedEdges(rooms).map(([from, to]) => `  ${short(from)} --> ${short(to)}`),
    '```',
    '',
    'An arrow is an import; one that a longer way of arrows implies is left out.',
    '',
    '| room | what it is for | files | imports |',
    '|---|---|---:|---|',
    ...rows,
  ].join('\n');
}

/** Every folder with sources of its own. */
function roomsOf(roots: readonly string[]): ReadonlyMap<string, Room> {
  const rooms = new Map<string, Room>();
  for (const file of roots.flatMap(sourcesIn)) {
    const name = roomOf(file);
    const room = rooms.get(name) ?? { files: 0, imports: new Set<string>() };
    rooms.set(name, room);
    const text = readFileSync(file, 'utf8');
    room.files += 1;
    for (const [, path = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const imported = roomOf(normalize(join(dirname(file), path)));
      if (imported !== name) room.imports.add(imported);
    }
  }
  return rooms;
}

function sourcesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Folders of data belong to the room that they lie in. */
function roomOf(file: string): string {
  return dirname(file).replace(/\/(?:data|networks)$/, '');
}

/** Arrows between top folders, without those that a longer way implies. */
function reducedEdges(rooms: ReadonlyMap<string, Room>): readonly (readonly [string, string])[] {
  const next = new Map<string, Set<string>>();
  for (const [name, { imports }] of rooms) {
    const from = topOf(name);
    const reached = next.get(from) ?? new Set();
    next.set(from, reached);
    for (const to of imports) if (topOf(to) !== from) reached.add(topOf(to));
  }
  const reaches = (from: string, to: string): boolean =>
    [...(next.get(from) ?? [])].some((step) => step === to || reaches(step, to));
  return [...next].flatMap(([from, tos]) =>
    [...tos]
      .filter((to) => ![...tos].some((step) => step !== to && reaches(step, to)))
      .sort()
      .map((to) => [from, to] as const),
  );
}

function topOf(room: string): string {
  return room.split('/').slice(0, 2).join('/');
}

function short(room: string): string {
  return room === 'src' ? 'main' : room.replace(/^src\//, '');
}
