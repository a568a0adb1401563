import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commitmentData,
  commitmentOf,
  keccakCommitment,
} from '../../../devnet/altda/commitment.js';
import { DaServer } from '../../../devnet/altda/daServer.js';
import { putInput } from '../../../devnet/altda/putInput.js';

const INPUT = Uint8Array.from({ length: 64 }, (_, index) => index);
const COMMITMENT = keccakCommitment(INPUT);

let server: DaServer;
beforeEach(async () => {
  server = await DaServer.start('keccak');
});
afterEach(() => server.close());

async function get(commitment: string) {
  const answer = await fetch(`${server.url}/get/${commitment}`);
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}

const control = (command: object) =>
  fetch(`${server.url}/control`, { method: 'POST', body: JSON.stringify(command) });

describe('DA server of the devnet', () => {
  it('keeps an input under its keccak commitment', async () => {
    expect(await putInput(server.url, INPUT)).toBe(COMMITMENT);
    expect(await get(COMMITMENT)).toEqual({ status: 200, body: INPUT });
  });

  it('keeps an input under the commitment that comes with it', async () => {
    const url = `${server.url}/put/${COMMITMENT}`;
    const answer = await fetch(url, { method: 'POST', body: INPUT });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(await get(COMMITMENT)).toEqual({ status: 200, body: INPUT });
  });

  it('makes a new generic commitment for each put, where it is asked to', async () => {
    const generic = await DaServer.start('generic');
    const first = await putInput(generic.url, INPUT);
    const second = await putInput(generic.url, INPUT);
    await generic.close();
    expect(first).toMatch(/^0x01ff[0-9a-f]{16}$/);
    expect(second).toMatch(/^0x01ff[0-9a-f]{16}$/);
    expect(second).not.toBe(first);
  });

  it.each(['/get/', '/get/12', '/get/0x1', '/get/0xzz', '/get/0x00/more', '/other/0x00'])(
    'refuses %s',
    async (path) => {
      expect((await fetch(`${server.url}${path}`)).status).toBe(400);
    },
  );

  it('does not know what nobody put, nor what it was told to forget', async () => {
    expect((await get(COMMITMENT)).status).toBe(404);
    await putInput(server.url, INPUT);
    await control({ forget: COMMITMENT });
    expect((await get(COMMITMENT)).status).toBe(404);
  });

  it('goes wrong as often as it is told, then answers again', async () => {
    await putInput(server.url, INPUT);
    await control({ fault: { kind: 'http500', count: 2 } });
    const statuses = [];
    for (let index = 0; index < 3; index++) statuses.push((await get(COMMITMENT)).status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  it.each(['truncated', 'close'] as const)('%s: breaks the answer off', async (kind) => {
    await putInput(server.url, INPUT);
    server.faults.arm({ kind });
    await expect(get(COMMITMENT)).rejects.toThrow();
  });

  it('garbage: gives other bytes of the same length', async () => {
    await putInput(server.url, INPUT);
    server.faults.arm({ kind: 'garbage' });
    const { status, body } = await get(COMMITMENT);
    expect([status, body.length]).toEqual([200, INPUT.length]);
    expect(body).not.toEqual(INPUT);
  });
});

describe('commitments in batcher transactions', () => {
  it('are told from other data by the version byte', () => {
    expect(commitmentOf(commitmentData(COMMITMENT))).toBe(COMMITMENT);
    expect(commitmentOf('0x01')).toBeNull();
    expect(commitmentOf('0x00aabb')).toBeNull();
    expect(commitmentOf('0x')).toBeNull();
  });
});
