import { differenceKind } from './differenceKind.js';
import type { HttpAnswer } from './httpAnswers.js';
import type { FuzzCase } from './httpRequests.js';
import type { NeutralAnswers } from './neutralAnswers.js';
import { strictnessOf } from './strictRequests.js';

/** Of the reference and of the node. */
export type Both = readonly [want: NeutralAnswers, got: NeutralAnswers];

/** Answers shorter than this are not worth packing; the server's own bound. */
const MIN_GZIP_BYTES = 512;

type Take = (answers: NeutralAnswers) => NeutralAnswers;

const each =
  (take: (answer: HttpAnswer) => HttpAnswer): Take =>
  ({ answers, end }) => ({ answers: answers.map(take), end });

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
  if (/opp2p_(?:un)?blockSubnet/.test(sent.bytes)) {
    const [wanted, given] = [takeMask(same[0]), takeMask(same[1])];
    if (differenceKind(wanted, given) === null) return 'a mask that is none is refused';
  }
  return oddRequest(sent, same);
}

const takeMask = each((answer) => ({
  ...answer,
  body: answer.body.replaceAll(
    '"error":{"code":-32000,"message":"invalid request"}',
    '"result":null',
  ),
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
  if (strictness !== 'whole' && isCutShort && got.end === 'open') {
    return 'an answer waits for the whole of a body';
  }
  const isExpect = isPrefix && EXPECT.test(bytes) && (got.end === 'closed' || !isCutShort);
  return isExpect ? 'Expect ends a connection in other cases' : null;
}

/** Whether the answer at this place is a refusal that ends the connection. */
function isRefused({ answers, end }: NeutralAnswers, at: number): boolean {
  const status = answers[at]?.status ?? '';
  const isLast = at === answers.length - 1 && end.startsWith('closed');
  return isLast && / (?:400|505) /.test(`${status} `);
}

const CONNECT = /(?:^|[\n}\]])CONNECT /;
const EMPTY_LINE = /(?:^|[\n}\]])\r?\n(?:[A-Z-]+ |\r?\n|$)/;
const EXPECT = /\nexpect: ?100-continue/i;

function isEqual(answer: HttpAnswer, other: HttpAnswer | undefined): boolean {
  return JSON.stringify(answer) === JSON.stringify(other);
}
