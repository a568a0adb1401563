import { differenceKind } from './differenceKind.js';
import type { HttpAnswer } from './httpAnswers.js';
import type { FuzzCase } from './httpRequests.js';
import type { NeutralAnswers } from './neutralAnswers.js';
import { type Strictness, strictnessOf } from './strictRequests.js';

/** Of the reference and of the node. */
export type Both = readonly [want: NeutralAnswers, got: NeutralAnswers];

/** Answers shorter than this are not worth packing; the server's own bound. */
const MIN_GZIP_BYTES = 512;

type Take = (answers: NeutralAnswers) => NeutralAnswers;

const each =
  (take: (answer: HttpAnswer) => HttpAnswer): Take =>
  ({ answers, end }) => ({ answers: answers.map(take), end });

const SUBNETS = /\[\{"IP":"[^"]*","Mask":"[^"]*"\}[^\]]*\]/g;
const SUBNET = /\{"IP":"[^"]*","Mask":"[^"]*"\}/g;

/** Whether the mask of a blocked network is as long as an address, and its ones are the first bits. */
function hasRightMask(text: string): boolean {
  const { IP, Mask } = JSON.parse(text) as { readonly IP: string; readonly Mask: string };
  const bytes = Buffer.from(Mask, 'base64');
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bytes.length === (IP.includes(':') ? 16 : 4) && /^1*0*$/.test(bits);
}

/** What takes a documented difference out of answers. */
const SAME: Readonly<Record<string, Take>> = {
  'HTTP/1.0 is answered as HTTP/1.1': each((answer) => ({
    ...answer,
    status: answer.status.replace(/^HTTP\/1\.0/, 'HTTP/1.1'),
  })),
  'short answers, and those that are no JSON-RPC, are not packed': each((answer) => {
    const isPacked = answer.status.endsWith(' 200 OK') && answer.body.length >= MIN_GZIP_BYTES;
    const headers = answer.headers.filter((line) => isPacked || line !== 'content-encoding: gzip');
    return { ...answer, headers };
  }),
  'where a method crashes without its payload this is an argument fault': each((answer) => ({
    ...answer,
    body: answer.body
      .replaceAll('"code":-32603,"message":"method handler crashed"', '"code":crash')
      .replaceAll(
        '"code":-32602,"message":"invalid argument 0: missing execution payload"',
        '"code":crash',
      ),
  })),
  'the words about a peer id or address that cannot be read': each((answer) => ({
    ...answer,
    body: answer.body.replace(
      /(failed to parse peer ID|bad peer address): (?:[^"\\]|\\.)*/gs,
      '$1: …',
    ),
  })),
  'a method of a release after the reference': each((answer) => ({
    ...answer,
    body: answer.body.replaceAll(',"superroot":"1.0"', ''),
  })),
  'a mask that is none is refused': each((answer) => ({
    ...answer,
    body: answer.body.replaceAll(
      SUBNETS,
      (list) => `[${(list.match(SUBNET) ?? []).filter(hasRightMask).join()}]`,
    ),
  })),
  'a refused HEAD gets no body': ({ answers, end }) => ({
    answers,
    end: end.replace(/^closed behind [45]\d\d .*$/s, 'closed'),
  }),
};
const LATER_METHOD =
  /the method (?:superroot_atTimestamp|admin_sdmStatus|admin_setSdmPostExecOptIn) does not exist/;

/** The difference of `docs/differences.md` or `docs/compatibility.md` that two nodes show; null where it is another one. */
export function documentedOf(sent: FuzzCase, [want, got]: Both): string | null {
  let same: Both = [want, got];
  for (const [name, take] of Object.entries(SAME)) {
    same = [take(same[0]), take(same[1])];
    if (differenceKind(...same) === null) return name;
  }
  if (want.answers.some(({ body }) => LATER_METHOD.test(body))) {
    return 'a method of a release after the reference';
  }
  if (/opp2p_(?:un)?blockSubnet/.test(sent.bytes.replaceAll(CHUNK_HEAD, ''))) {
    same = [takeMask(same[0]), takeMask(same[1])];
    if (differenceKind(...same) === null) return 'a mask that is none is refused';
  }
  const isUnencoded = want.answers.some(({ body }) => body.includes(HASH_OF_NOTHING));
  if (isUnencoded || sent.bytes.includes('["0x"]')) {
    same = [takeHash(same[0]), takeHash(same[1])];
    if (differenceKind(...same) === null) return 'what op-node leaves out of a hash is in it';
  }
  if (isSpaced(sent, same)) return 'several spaces in a request line are taken as one';
  return oddRequest(sent, same);
}

const takeMask = each((answer) => ({
  ...answer,
  body: answer.body.replaceAll(
    '"error":{"code":-32000,"message":"invalid request"}',
    '"result":null',
  ),
}));

/** Keccak-256 of no bytes: what op-node makes of a header that it cannot encode. */
const HASH_OF_NOTHING = `actual block hash is: 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470`;

const takeHash = each((answer) => ({
  ...answer,
  body: answer.body.replace(/(actual block hash is: 0x)[0-9a-f]{64}/g, '$1…'),
}));

/** Requests that are none by RFC 9112, whose body has not come, or whose body waits to be asked for. */
function oddRequest({ bytes }: FuzzCase, [want, got]: Both): string | null {
  const strictness = strictnessOf(bytes);
  const at = got.answers.findIndex((answer, i) => !isEqual(answer, want.answers[i]));
  const isCutShort = at < 0 && got.answers.length < want.answers.length;
  const isPrefix = at < 0 || at >= want.answers.length;
  if (strictness !== 'whole' && isRefused(got, at) && (strictness === 'odd' || isPrefix)) {
    return 'what is no request by RFC 9112 is refused';
  }
  if (CONNECT.test(bytes) && at < 0 && got.end === 'closed') return 'CONNECT closes the connection';
  if (EMPTY_LINE.test(bytes) && strictness === 'odd') {
    return 'empty lines before a request are skipped';
  }
  const unread = isCutShort && got.end === 'open' ? unreadOf(bytes, strictness) : null;
  if (unread !== null) return unread;
  const isExpect = isPrefix && EXPECT.test(bytes) && (got.end === 'closed' || !isCutShort);
  return isExpect ? 'Expect ends a connection in other cases' : null;
}

/** Whether the reference refuses, and the node does not, where a request line has more spaces than two. */
function isSpaced({ bytes }: FuzzCase, [want, got]: Both): boolean {
  const at = want.answers.findIndex((answer, i) => !isEqual(answer, got.answers[i]));
  return SPACES.test(bytes) && isRefused(want, at);
}

/** Why nothing more is answered on a connection that stays open. */
function unreadOf(bytes: string, strictness: Strictness): string | null {
  if (strictness !== 'whole') return 'an answer waits for the whole of a body';
  return UPGRADE.test(bytes) ? 'what comes with a wish for another protocol is not read' : null;
}

/** Whether the answer at this place is a refusal that ends the connection. */
function isRefused({ answers, end }: NeutralAnswers, at: number): boolean {
  const status = answers[at]?.status ?? '';
  const isLast = at === answers.length - 1 && end.startsWith('closed');
  return isLast && / (?:400|505) /.test(`${status} `);
}

const CONNECT = /CONNECT \S+ HTTP\//;
const CHUNK_HEAD = /\r\n[0-9a-f]+\r\n/g;
const SPACES = /[A-Z] {2,}\S* HTTP\/1|\S {2,}HTTP\/1/;
const UPGRADE = /\nupgrade: ?[^\r\n]/i;
const EMPTY_LINE = /(?:^|[\n}\]])\r?\n(?:[A-Z-]+ |\r?\n|$)/;
const EXPECT = /\nexpect: ?100-continue/i;

function isEqual(answer: HttpAnswer, other: HttpAnswer | undefined): boolean {
  return JSON.stringify(answer) === JSON.stringify(other);
}
