import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemFiles, systemNetwork } from '../../../src/doctor/system.js';
import { FakeClock } from '../../support/fakeClock.js';

const HOST = '127.0.0.1';
const signal = new AbortController().signal;

describe('the network of this machine', () => {
  const network = systemNetwork(new FakeClock());

  it('tells a TCP port that is taken from a free one, and does not keep it', async () => {
    const server = createServer().listen(0, HOST);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const place = { protocol: 'tcp', host: HOST, port } as const;
    expect(await network.listenFailure(place)).toBe('EADDRINUSE');
    expect(await network.connectFailure(place, signal)).toBeNull();
    server.close();
    await once(server, 'close');
    expect(await network.listenFailure(place)).toBeNull();
    expect(await network.listenFailure(place)).toBeNull();
    expect(await network.connectFailure(place, signal)).toBe('ECONNREFUSED');
  });

  it('tells a UDP port that is taken from a free one, and does not keep it', async () => {
    const socket = createSocket('udp4').bind(0, HOST);
    await once(socket, 'listening');
    const { port } = socket.address();
    const place = { protocol: 'udp', host: HOST, port } as const;
    expect(await network.listenFailure(place)).toBe('EADDRINUSE');
    socket.close();
    await once(socket, 'close');
    expect(await network.listenFailure(place)).toBeNull();
    expect(await network.listenFailure({ ...place, host: '' })).toBeNull();
  });

  it.each(['tcp', 'udp'] as const)(
    'cannot listen by %s at an address of others',
    async (protocol) => {
      const place = { protocol, host: '192.0.2.1', port: 53_999 };
      expect(await network.listenFailure(place)).toBe('EADDRNOTAVAIL');
    },
  );

  it('ends a connection that is not taken at its time', async () => {
    const clock = new FakeClock();
    // Nobody is there: the address is kept for examples.
    const failing = systemNetwork(clock).connectFailure({ host: '192.0.2.1', port: 1 }, signal);
    await clock.advance(4_000);
    expect(['ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED']).toContain(await failing);
  });
});

describe('the files of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'text');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [folder, 'folder'],
    [file, 'file'],
    [join(folder, 'none'), 'none'],
    [join(file, 'below'), 'none'],
  ])('knows what is at %s', async (path, kind) => {
    expect(await systemFiles.kind(path)).toBe(kind);
  });

  it('knows what may be written, what is read, and what room is left', async () => {
    expect(await systemFiles.isWritable(folder)).toBe(true);
    expect(await systemFiles.isWritable(join(folder, 'none'))).toBe(false);
    expect(await systemFiles.readText(file)).toBe('text');
    expect(await systemFiles.freeBytes(folder)).toBeGreaterThan(0);
  });
});
