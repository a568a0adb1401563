import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goldenMatches } from '../../../conformance/goldenMatch.js';
import { replay } from '../../../conformance/rawHttp.js';
import type { GoldenLine, GoldenResponse } from '../../../conformance/recorded.js';
import { type RunningServer, recordedWorld, startServer } from '../../support/rpcServer.js';

const CASES = [
  ...['forks', 'adversarial'].flatMap((name) => [
    { name, position: 'follower' as const },
    { name, position: 'verifier' as const },
  ]),
  { name: 'lagoon', position: 'verifier' as const },
].map((place) => ({ ...place, world: recordedWorld(place.name) }));

/** Sends the body on one connection that all lines share, as most callers do. */
function replayKept(url: string, agent: Agent, http: GoldenLine['http']): Promise<GoldenResponse> {
  const body = Buffer.from(http.body ?? '');
  const headers = { ...http.headers, 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const contentType = response.headers['content-type'] ?? null;
        resolve({ status, contentType, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

function expectMatch(line: GoldenLine, got: GoldenResponse): void {
  if (!goldenMatches(line, got)) expect(got).toEqual(line.response);
}

describe.each(CASES)('as the recorded $position of $name', ({ position, world }) => {
  const file = position === 'follower' ? 'golden-follow.jsonl' : 'golden.jsonl';
  const lines = readFileSync(world.path(file), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as GoldenLine);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let running: RunningServer;

  beforeAll(async () => {
    running = await startServer({ world, position });
  });
  afterAll(async () => {
    agent.destroy();
    await running.server.stop();
  });

  it.each(lines.map((line) => [line.name, line] as const))(
    'answers %s as op-node did',
    async (_name, line) => {
      expectMatch(line, await replay(running.url, line.http));
    },
  );

  const plain = lines.filter(
    ({ http }) => http.method === 'POST' && http.path === '/' && !http.body?.startsWith('@repeat'),
  );
  it('answers every POST to / the same on a kept connection', async () => {
    expect(plain.length).toBeGreaterThan(200);
    for (const line of plain) expectMatch(line, await replayKept(running.url, agent, line.http));
  });
});
