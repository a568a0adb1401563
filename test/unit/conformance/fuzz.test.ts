import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from '../../../conformance/fuzz/fuzz.js';
import { runFuzz } from '../../../conformance/fuzz/fuzzRun.js';
import { fuzzOptions } from '../../../conformance/fuzz/options.js';
import { type RunningServer, startServer } from '../../support/rpcServer.js';

/** What a fuzz run of two servers is told. */
function runOf(reference: RunningServer, other: RunningServer, count: number) {
  const said: string[] = [];
  const run = { reference: reference.url, url: other.url, count, seed: 7, connections: 8 };
  return { said, run: { ...run, say: (line: string) => void said.push(line) } };
}

describe('the fuzzer', () => {
  let one: RunningServer;
  let same: RunningServer;
  let other: RunningServer;
  beforeAll(async () => {
    one = await startServer();
    same = await startServer();
    other = await startServer({ options: { enableAdmin: false } });
  });
  afterAll(() => Promise.all([one, same, other].map(({ server }) => server.stop())));

  it('finds no difference between two nodes that are the same', async () => {
    const { said, run } = runOf(one, same, 100);
    expect(await fuzz(run)).toBe(0);
    expect(said).toEqual(['seed 7: 100 requests (100 sent to each node)', '0 differ, in 0 ways']);
  });

  it('finds where one node answers otherwise, each time the same, and makes the request small', async () => {
    const { run } = runOf(one, other, 40);
    const first = await runFuzz(run);
    const lacking = first.kinds.find(({ kind }) => kind.includes('does not exist'));
    expect(lacking?.smallest?.sent.methods).toEqual(['POST']);
    const [head = '', body = ''] = lacking?.smallest?.sent.bytes.split('\r\n\r\n') ?? [];
    expect(head.split('\r\n')).toHaveLength(4);
    expect(JSON.parse(body)).toMatchObject({ method: expect.stringMatching(/^admin_/) });
    expect(await runFuzz(run)).toEqual(first);
  });
});

describe('its command line', () => {
  const nodes = ['--reference', 'http://127.0.0.1:1', '--url', 'http://127.0.0.1:2'];

  it('needs two nodes', () => {
    expect(fuzzOptions([...nodes, '-n', '50', '--seed', '3'])).toEqual({
      reference: 'http://127.0.0.1:1',
      url: 'http://127.0.0.1:2',
      ...{ count: 50, seed: 3, connections: 16 },
    });
    expect(() => fuzzOptions(nodes.slice(2))).toThrow('--reference is the address of a node');
    expect(() => fuzzOptions([...nodes, '-n', '0'])).toThrow('-n is a whole number above 0');
    expect(() => fuzzOptions([...nodes, '--x'])).toThrow('usage: npm run conformance -- fuzz');
  });
});
