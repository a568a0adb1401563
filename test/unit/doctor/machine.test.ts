import { describe, expect, it } from 'vitest';
import { clockCheck } from '../../../src/doctor/checks/clock.js';
import { diskCheck } from '../../../src/doctor/checks/disk.js';
import { listenCheck } from '../../../src/doctor/checks/listen.js';
import type { DoctorWorld } from '../../support/doctorContext.js';
import { wrongIn } from '../../support/doctorContext.js';
import { FakeClock } from '../../support/fakeClock.js';
import { L1_HEAD, recordedDoctor } from '../../support/recordedDoctor.js';

describe('the check of the clock', () => {
  const clock = (world: DoctorWorld) => clockCheck.run(recordedDoctor(world));

  it.each([
    [0, []],
    [5_000, []],
    [-6_000, ['warning clock-off']],
    [29_000, ['warning clock-off']],
    [-30_000, ['error clock-off']],
  ])('compares it with a server that is %i ms ahead', async (offset, expected) => {
    expect(wrongIn(await clock({ offsetsMs: { l1: offset } }))).toEqual(expected);
  });

  it('says which way it is off', async () => {
    const text = async (offset: number) => (await clock({ offsetsMs: { l1: offset } }))[0]?.text;
    expect(await text(3_600_000)).toBe(
      'The clock of this machine is 3600 s behind the servers of the endpoints',
    );
    expect(await text(-3_600_000)).toContain('3600 s ahead of the servers');
  });

  it('believes the middle of several servers', async () => {
    const offsetsMs = { l1: 86_400_000, '127.0.0.1:8551': 0, 'beacon-0': 100 };
    expect(wrongIn(await clock({ offsetsMs, beacons: [{}] }))).toEqual([]);
  });

  it.each([
    [15, []],
    [16, ['error clock-behind']],
  ])('takes a head that is %i s early as it should', async (early, expected) => {
    const at = new FakeClock((Number(L1_HEAD.timestamp) - early) * 1_000);
    expect(wrongIn(await clock({ clock: at }))).toEqual(expected);
  });

  it('is silent where nobody tells a time', async () => {
    expect(await clock({ l1: {} })).toEqual([]);
  });
});

describe('the check of ports', () => {
  const ports = (world: DoctorWorld) => listenCheck.run(recordedDoctor(world));
  const flags = [
    '--rpc.port=7000',
    '--metrics.enabled',
    '--metrics.port=7001',
    '--rpc.addr=127.0.0.1',
  ];

  it('finds nothing wrong with free ones', async () => {
    const [finding] = await ports({ flags });
    expect(finding?.text).toBe(
      'Free: 7000 (--rpc.port), 7001 (--metrics.port), 9222 (--p2p.listen.tcp), 9222 (--p2p.listen.udp)',
    );
  });

  it.each([
    ['EADDRINUSE', 'port-taken', 'another program has it'],
    ['EACCES', 'port-refused', 'the system does not permit it'],
    ['EADDRNOTAVAIL', 'port-refused', 'this machine has no such address'],
    ['EODD', 'port-refused', 'EODD'],
  ])('tells of %s', async (failure, code, reason) => {
    expect(await ports({ flags, listen: { 7001: failure } })).toEqual([
      expect.objectContaining({
        level: 'error',
        code,
        text: `Cannot listen on 0.0.0.0 port 7001 (--metrics.port, tcp): ${reason}`,
      }),
    ]);
  });

  it('knows the node that has them', async () => {
    const others = { 'http://127.0.0.1:7000': { optimism_version: () => 'v1.2.3' } };
    const listen = { 7000: 'EADDRINUSE', 9222: 'EADDRINUSE' };
    const findings = await ports({ flags, listen, others });
    expect(wrongIn(findings)).toEqual(Array(3).fill('warning port-of-node'));
    expect(findings[0]?.text).toContain('it is v1.2.3');
  });

  it('takes nothing but a version for a node', async () => {
    const others = { 'http://127.0.0.1:7000': { optimism_version: () => ({ v: 1 }) } };
    const listen = { 7000: 'EADDRINUSE' };
    expect(wrongIn(await ports({ flags, listen, others }))).toEqual(['error port-taken']);
  });

  it('tells of two parts with one port', async () => {
    const same = [...flags, '--metrics.port=7000', '--p2p.disable'];
    expect(wrongIn(await ports({ flags: same }))).toEqual(['error ports-clash']);
  });

  it('does not try those that are free to be anything', async () => {
    expect(await ports({ flags: ['--rpc.port=0', '--p2p.disable'] })).toEqual([]);
  });
});

describe('the check of the disk', () => {
  const flags = ['--safedb.path=/data/db/safe', '--p2p.disable'];
  const there = (folders: readonly string[], files: readonly string[] = []) =>
    ({
      kind: async (path: string) =>
        folders.includes(path) ? 'folder' : files.includes(path) ? 'file' : 'none',
    }) as const;
  const disk = (files: DoctorWorld['files'], ...more: readonly string[]) =>
    diskCheck.run(recordedDoctor({ flags: [...flags, ...more], ...(files && { files }) }));

  it('asks the lowest folder that is there', async () => {
    const asked: string[] = [];
    const isWritable = async (path: string) => {
      asked.push(path);
      return true;
    };
    const findings = await disk({ ...there(['/', '/data']), isWritable });
    expect(wrongIn(findings)).toEqual([]);
    expect(asked).toEqual(['/data']);
  });

  it.each([
    [
      'nothing may be written',
      { ...there(['/']), isWritable: async () => false },
      'no right to write to /',
    ],
    ['a file is in the way', there(['/'], ['/data']), '/data is a file'],
    [
      'a file is where a folder must be',
      there(['/'], ['/data/db/safe']),
      '/data/db/safe is a file',
    ],
    [
      'nothing may be looked at',
      {
        kind: async () => {
          throw Object.assign(new Error('denied'), { code: 'EACCES' });
        },
      },
      'the system does not permit it',
    ],
  ])('tells that %s', async (_, files, reason) => {
    const findings = await disk(files);
    expect(wrongIn(findings)).toEqual(['error path-unwritable']);
    expect(findings[0]?.text).toContain(reason);
  });

  it.each([
    [1024, []],
    [1023, ['warning disk-low']],
    [99, ['error disk-low']],
  ])('judges %i MiB of room', async (mib, expected) => {
    const freeBytes = async () => mib * 1024 * 1024;
    expect(wrongIn(await disk({ freeBytes }))).toEqual(expected);
  });

  it('does not ask to write a key that is there', async () => {
    const files = { ...there(['/'], ['/key']), isWritable: async (path: string) => path === '/' };
    const findings = await diskCheck.run(
      recordedDoctor({
        flags: ['--p2p.priv.path=/key', '--p2p.peerstore.path=/', '--p2p.discovery.path=/'],
        files,
      }),
    );
    expect(wrongIn(findings)).toEqual([]);
  });

  it('leaves the database alone that a follower does not fill', async () => {
    const none = { ...there([]), isWritable: async () => false };
    expect(await disk(none, '--l2.follow.source=http://s')).toEqual([]);
  });
});
