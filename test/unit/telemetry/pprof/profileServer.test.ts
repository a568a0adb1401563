import { afterEach, describe, expect, it } from 'vitest';
import type { CpuRecording } from '../../../../src/telemetry/pprof/cpuProfiler.js';
import { ProfileServer } from '../../../../src/telemetry/pprof/profileServer.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { rejection, until } from '../../../support/until.js';

const servers: ProfileServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** One CPU profile at a time, whose only byte is 9; of the heap it says whether garbage was collected. */
async function make() {
  const clock = new FakeClock(0);
  let isBusy = false;
  const recording: CpuRecording = {
    fold: async () => undefined,
    finish: async () => {
      isBusy = false;
      return Uint8Array.of(9);
    },
  };
  const start = async () => {
    if (isBusy) return null;
    isBusy = true;
    return recording;
  };
  const heap = { profile: async (collects: boolean) => Uint8Array.of(collects ? 1 : 0) };
  const log = new FakeLogger();
  const server = new ProfileServer(
    { host: '127.0.0.1', port: 0 },
    { clock, log, cpu: { start }, heap },
  );
  servers.push(server);
  const { port } = await server.start();
  const url = `http://127.0.0.1:${port}/debug/pprof/`;
  return { server, clock, log, url, port, isBusy: () => isBusy };
}

async function bytesOf(response: Response): Promise<number[]> {
  return [...new Uint8Array(await response.arrayBuffer())];
}

describe('ProfileServer', () => {
  it('serves a CPU profile when its seconds are over, with the headers of Go', async () => {
    const { clock, url, log, port, isBusy } = await make();
    expect(log.lines[0]).toMatchObject({
      message: 'started pprof server',
      fields: { addr: `127.0.0.1:${port}` },
    });
    const asked = fetch(`${url}profile?seconds=7`);
    await until(isBusy);
    await clock.advance(7_000);
    const response = await asked;
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-disposition': 'attachment; filename="profile"',
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    expect(await bytesOf(response)).toEqual([9]);
  });

  it('takes thirty seconds where nothing usable is asked, and refuses more than a minute', async () => {
    const { clock, url, isBusy } = await make();
    for (const query of ['', '?seconds=0', '?seconds=x', '?seconds=-3']) {
      const asked = fetch(`${url}profile${query}`);
      await until(isBusy);
      await clock.advance(29_999);
      expect(isBusy()).toBe(true);
      await clock.advance(1);
      expect((await asked).status).toBe(200);
    }
    const long = await fetch(`${url}profile?seconds=61`);
    expect([long.status, await long.text()]).toEqual([
      400,
      'profile duration exceeds 60 seconds\n',
    ]);
    expect(isBusy()).toBe(false);
  });

  it('takes one CPU profile at a time', async () => {
    const { clock, url, isBusy } = await make();
    const first = fetch(`${url}profile?seconds=5`);
    await until(isBusy);
    const second = await fetch(`${url}profile?seconds=5`);
    expect([second.status, second.headers.get('x-go-pprof'), await second.text()]).toEqual([
      500,
      '1',
      'Could not enable CPU profiling: cpu profiling already in use\n',
    ]);
    await clock.advance(5_000);
    expect((await first).status).toBe(200);
  });

  it('ends while a profile is taken', async () => {
    const { server, url, isBusy } = await make();
    const asked = rejection(fetch(`${url}profile`));
    await until(isBusy);
    await server.stop();
    await asked;
    await until(() => !isBusy());
  });

  it('serves the heap, on demand without garbage', async () => {
    const { url } = await make();
    expect(await bytesOf(await fetch(`${url}heap`))).toEqual([0]);
    expect(await bytesOf(await fetch(`${url}heap?gc=0`))).toEqual([0]);
    const collected = await fetch(`${url}heap?gc=1`);
    expect(collected.headers.get('content-disposition')).toBe('attachment; filename="heap"');
    expect(await bytesOf(collected)).toEqual([1]);
  });

  it('shows what there is, and says what there is not', async () => {
    const { url } = await make();
    const index = await fetch(url.slice(0, -1));
    expect(index.url).toBe(url);
    expect(await index.text()).toContain('href="heap"');
    for (const name of ['goroutine', 'cmdline', 'trace']) {
      const unknown = await fetch(`${url}${name}`);
      expect([unknown.status, await unknown.text()]).toEqual([404, 'Unknown profile\n']);
    }
    expect((await fetch(new URL('/', url))).status).toBe(404);
  });

  it('fails at start with the address that cannot be bound', async () => {
    const { port } = await make();
    const clock = new FakeClock(0);
    const cpu = { start: async () => null };
    const heap = { profile: async () => new Uint8Array() };
    const deps = { clock, log: new FakeLogger(), cpu, heap };
    const second = new ProfileServer({ host: '127.0.0.1', port }, deps);
    expect(await rejection(second.start())).toMatchObject({ code: 'TELEMETRY_BIND_FAILED' });
  });
});
