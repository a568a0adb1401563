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
  return oddRequest(sent, same);
}

/** Requests that are none by RFC 9112, whose body has not come, or whose body waits to be asked for. */
function oddRequest({ bytes }: FuzzCase, [want, got]: Both): string | null {
  const strictness = strictnessOf(bytes);
  const at = got.answers.findIndex((answer, i) => !isEqual(answer, want.answers[i]));
  const refused = at === got.answers.length - 1 && got.end.startsWith('closed') && got.answers[at];
  if (strictness === 'odd' && refused && / (?:400|505) /.test(`${refused.status} `)) {
    return 'what is no request by RFC 9112 is refused';
  }
  const isShorter = at < 0 && got.answers.length < want.answers.length;
  if (CONNECT.test(bytes) && at < 0 && got.end === 'closed') return 'CONNECT closes the connection';
  if (EMPTY_LINE.test(bytes) && strictness === 'odd') {
    return 'empty lines before a request are skipped';
  }
  if (strictness === 'cut' && isShorter && got.end === 'open') {
    return 'an answer waits for a body that it does not need';
  }
  const isSame = at < 0 && got.answers.length === want.answers.length;
  return isSame && EXPECT.test(bytes) ? 'Expect ends a connection in other cases' : null;
}

const CONNECT = /(?:^|[\n}\]])CONNECT /;
const EMPTY_LINE = /(?:^|[\n}\]])\r?\n[A-Z]+ /;
const EXPECT = /\nexpect: ?100-continue/i;

function isEqual(answer: HttpAnswer, other: HttpAnswer | undefined): boolean {
  return JSON.stringify(answer) === JSON.stringify(other);
}
