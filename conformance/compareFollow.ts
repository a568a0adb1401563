import { isDeepStrictEqual } from 'node:util';
import { rpc } from '../devnet/rpcClient.js';
import { goldenMatches } from './goldenMatch.js';
import { replay } from './rawHttp.js';
import type { GoldenLine, GoldenResponse, OutputJson, SyncStatusJson } from './recorded.js';
import type { Report } from './report.js';
import type { World } from './world.js';

const SHOWN_CHARS = 400;

/** Holds a node that followed the world's source to rest against everything recorded from op-node in that place. */
export async function compareFollow(world: World, url: string, report: Report): Promise<void> {
  await report.section(`${world.name}: sync-status-follow.json`, () =>
    compareStatus(world, url, report),
  );
  await report.section(`${world.name}: golden-follow.jsonl`, async () => {
    for (const line of world.goldenFollow) {
      const got = await replay(url, line.http);
      report.add(goldenMatches(line, got), () => goldenDifference(line, got));
    }
  });
  await report.section(`${world.name}: outputs.jsonl.gz`, async () => {
    for (const output of world.outputs) await compareOutput(output, url, report);
  });
}

async function compareStatus(world: World, url: string, report: Report): Promise<void> {
  const status = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
  report.add(isDeepStrictEqual(status, world.followStatus), () =>
    [
      'DIFFERENT sync status',
      `  want ${JSON.stringify(world.followStatus)}`,
      `  got  ${JSON.stringify(status)}`,
    ].join('\n'),
  );
}

async function compareOutput(want: OutputJson, url: string, report: Report): Promise<void> {
  const number = `0x${want.blockRef.number.toString(16)}`;
  const got = await rpc<Record<string, unknown>>(url, 'optimism_outputAtBlock', [number])
    .then(({ syncStatus: _, ...output }) => output)
    .catch((thrown: unknown) => String(thrown));
  report.add(isDeepStrictEqual(got, want), () =>
    [
      `DIFFERENT output at block ${want.blockRef.number}`,
      `  want ${JSON.stringify(want)}`,
      `  got  ${JSON.stringify(got)}`,
    ].join('\n'),
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
