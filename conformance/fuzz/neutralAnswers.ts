import { gunzipSync } from 'node:zlib';
import { rpc } from '../../devnet/rpcClient.js';
import type { Heard } from './conversation.js';
import { type HttpAnswer, headerOf } from './httpAnswers.js';

/**
 * What two servers that answer the same may still say differently. Nothing else is taken out:
 * the Date header; the framing of a body (a length or chunks) and the words for keeping a connection, instead of which it
 * is compared whether the connection ends; names of headers in upper or lower case, and their order; how gzip
 * packed a body; the text of the version; a peer's own ids, addresses and records; the order of what is blocked.
 */
const FRAMING: readonly string[] = [
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
];

const PEER_FACTS: readonly (readonly [pattern: RegExp, neutral: string])[] = [
  [/"(peerID|nodeID|ENR|userAgent)":"[^"]*"/g, '"$1":"…"'],
  [/"addresses":\[[^\]]*\]/g, '"addresses":[…]'],
  [/enr:-[\w-]+/g, 'enr:…'],
];

/** Lists of texts or of networks: op-node gives them in any order. */
const BLOCKED =
  /\[(?:"[^"\]]*"|\{"IP":"[^"]*","Mask":"[^"]*"\})(?:,(?:"[^"\]]*"|\{"IP":"[^"]*","Mask":"[^"]*"\}))*\]/g;
const LIST_COMMA = /,(?=["{](?!Mask"))/;

/** Texts of a node's version. */
export interface VersionTexts {
  /** `optimism_version`. */
  readonly whole: string;
  /** `health_status`. */
  readonly short: string;
}

/** Asks a node for them. @throws Error when it does not answer. */
export async function versionTexts(url: string): Promise<VersionTexts> {
  const [whole, short] = await Promise.all([
    rpc<string>(url, 'optimism_version'),
    rpc<string>(url, 'health_status'),
  ]);
  return { whole, short };
}

/** What was heard, without what may differ. */
export interface NeutralAnswers {
  readonly answers: readonly HttpAnswer[];
  readonly end: string;
}

export function neutralAnswers(heard: Heard, version: VersionTexts): NeutralAnswers {
  const behind = neutralText(heard.rest, version).replace(/Date: [^\r]*\r\n/gi, '');
  return {
    answers: heard.answers.map((answer) => ({
      status: answer.status,
      headers: answer.headers
        .filter((line) => !FRAMING.some((name) => line.startsWith(`${name}:`)))
        .sort(),
      body: neutralText(unpacked(answer), version),
    })),
    end: `${heard.isClosed ? 'closed' : 'open'}${behind === '' ? '' : ` behind ${behind}`}`,
  };
}

function unpacked({ headers, body }: HttpAnswer): string {
  if (body === '' || headerOf(headers, 'content-encoding') !== 'gzip') return body;
  return gunzipSync(Buffer.from(body, 'latin1')).toString('latin1');
}

function neutralText(text: string, { whole, short }: VersionTexts): string {
  const named = text.replaceAll(`"${whole}"`, '"version"').replaceAll(`"${short}"`, '"version"');
  const plain = PEER_FACTS.reduce((told, [pattern, put]) => told.replace(pattern, put), named);
  return plain.replace(BLOCKED, (list) => `[${list.slice(1, -1).split(LIST_COMMA).sort().join()}]`);
}
