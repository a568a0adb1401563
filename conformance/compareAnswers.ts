import { isDeepStrictEqual } from 'node:util';
import { rpc } from '../devnet/rpcClient.js';
import { goldenMatches } from './goldenMatch.js';
import { replay } from './rawHttp.js';
import type { GoldenLine, GoldenResponse, OutputJson, SyncStatusJson } from './recorded.js';
import type { Report } from './report.js';

const SHOWN_CHARS = 400;

/** Holds a node's sync status against the recorded one. */
export async function compareStatus(
  want: SyncStatusJson,
  url: string,
  report: Report,
): Promise<void> {
  const status = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
  addEqual('sync status', want, status, report);
}

/** Holds answers against recorded exchanges, in order. */
export async function compareGolden(
  lines: readonly GoldenLine[],
  url: string,
  report: Report,
): Promise<void> {
  for (const line of lines) {
    const got = await replay(url, line.http);
    report.add(goldenMatches(line, got), () => goldenDifference(line, got));
  }
}

/** Holds `optimism_outputAtBlock` against every recorded output. */
export async function compareOutputs(
  outputs: readonly OutputJson[],
  url: string,
  report: Report,
): Promise<void> {
  for (const want of outputs) {
    const number = `0x${want.blockRef.number.toString(16)}`;
    const got = await rpc<Record<string, unknown>>(url, 'optimism_outputAtBlock', [number])
      .then(({ syncStatus: _, ...output }) => output)
      .catch((thrown: unknown) => String(thrown));
    addEqual(`output at block ${want.blockRef.number}`, want, got, report);
  }
}

/** One comparison that prints both sides where they differ. */
export function addEqual(what: string, want: unknown, got: unknown, report: Report): void {
  report.add(isDeepStrictEqual(got, want), () =>
    [`DIFFERENT ${what}`, `  want ${JSON.stringify(want)}`, `  got  ${JSON.stringify(got)}`].join(
      '\n',
    ),
  );
}

function goldenDifference(line: GoldenLine, got: GoldenResponse): string {
  const { method = 'POST', path = '/', body = '' } = line.http;
  const shown = (answer: GoldenResponse) =>
    `${answer.status} ${answer.contentType} ${answer.body.slice(0, SHOWN_CHARS)}`;
  return [
    `DIFFERENT ${line.name} (${line.match ?? 'bytes'})`,
    `  request ${method} ${path} ${body.slice(0, SHOWN_CHARS)}`,
    `  want ${shown(line.response)}`,
    `  got  ${shown(got)}`,
  ].join('\n');
}
