import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JwtTokenProvider, loadJwtSecret, readJwtSecret } from '../../../src/engine/jwt.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const HEX = 'ab'.repeat(32);

let dir: string;
let file: string;
let log: FakeLogger;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'jwt-'));
  file = join(dir, 'secret.hex');
  log = new FakeLogger();
});
afterEach(() => rm(dir, { recursive: true }));

describe('JWT secret file', () => {
  it('makes a new key in a missing file that only its owner may read, and says so', async () => {
    const secret = await loadJwtSecret(file, log);
    expect(secret).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^0x[0-9a-f]{64}$/);
    expect(log.messages('warn')).toHaveLength(1);
    expect(await loadJwtSecret(file, log)).toEqual(secret);
    expect(log.messages('warn')).toHaveLength(1);
  });

  it('is not made by who only reads it', async () => {
    expect(await readJwtSecret(file)).toBeNull();
    await expect(stat(file)).rejects.toThrow('ENOENT');
    await writeFile(file, HEX);
    expect(await readJwtSecret(file)).toHaveLength(32);
  });

  it.each([
    ['bare hex', HEX],
    ['0x', `0x${HEX}`],
    ['white space', ` \n0x${HEX.toUpperCase()}\n\t`],
  ])('reads a key with %s', async (_name, text) => {
    await writeFile(file, text);
    expect(Buffer.from(await loadJwtSecret(file, log)).toString('hex')).toBe(HEX);
    expect(log.lines).toEqual([]);
  });

  it.each([
    ['is empty', ''],
    ['has white space alone', '\n'],
    ['is too short', HEX.slice(2)],
    ['is too long', `${HEX}00`],
    ['is no hex', 'zz'.repeat(32)],
  ])('refuses a file that %s and leaves it alone', async (_name, text) => {
    await writeFile(file, text);
    const load = loadJwtSecret(file, log);
    await expect(load).rejects.toMatchObject({ code: 'CONFIG_INVALID', severity: 'critical' });
    await expect(load).rejects.toThrow('--l2.jwt-secret');
    await expect(load).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('refuses an empty path, an unreadable file and a folder that is not there', async () => {
    for (const path of [' ', dir, join(dir, 'missing', 'secret.hex')]) {
      await expect(loadJwtSecret(path, log)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});

describe('JWT token provider', () => {
  const secret = Buffer.from(HEX, 'hex');

  it('signs iat with HS256, and keeps a token for some seconds only', async () => {
    const clock = new FakeClock();
    const provider = new JwtTokenProvider(secret, clock);
    const token = await provider.getToken();
    const { payload, protectedHeader } = await jwtVerify(token, secret);
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({ iat: Math.floor(clock.nowMs() / 1000) });
    await clock.advance(4_000);
    expect(await provider.getToken()).toBe(token);
    await clock.advance(2_000);
    const next = await jwtVerify(await provider.getToken(), secret);
    expect(next.payload.iat).toBe(Math.floor(clock.nowMs() / 1000));
  });

  it('signs anew when the wall clock was set back', async () => {
    const clock = new FakeClock();
    const provider = new JwtTokenProvider(secret, clock);
    const early = new FakeClock(clock.nowMs() - 120_000);
    const token = await provider.getToken();
    Object.assign(provider, { clock: early });
    expect(await provider.getToken()).not.toBe(token);
  });
});
