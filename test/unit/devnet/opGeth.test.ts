import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withBuildLock } from '../../../devnet/buildLock.js';
import { opGethBinary } from '../../../devnet/opGeth.js';

describe('the op-geth binary', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'op-geth-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is the one that OP_GETH_BIN names', async () => {
    const env = { OP_GETH_BIN: process.execPath };
    expect(await opGethBinary({ env, say: () => undefined })).toBe(process.execPath);
  });

  it('is refused in one sentence when OP_GETH_BIN names no file', async () => {
    const env = { OP_GETH_BIN: '/no/such/geth' };
    await expect(opGethBinary({ env, say: () => undefined })).rejects.toMatchObject({
      name: 'SetupError',
      message: 'OP_GETH_BIN names no file: /no/such/geth',
    });
  });

  it('asks for Go in one sentence when there is none', async () => {
    const env = { PATH: folder };
    const said: string[] = [];
    const asked = opGethBinary({ env, say: (line) => said.push(line), cache: join(folder, 'c') });
    await expect(asked).rejects.toMatchObject({
      name: 'SetupError',
      message: expect.stringMatching(/^Go was not found.*OP_GETH_BIN[^\n]*$/),
    });
    expect(said[0]).toContain('building op-geth v1.101702.3');
  });

  it('is built by one caller at a time', async () => {
    const lock = join(folder, 'lock');
    let running = 0;
    let waits = 0;
    const work = async () => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    const onWait = () => {
      waits += 1;
    };
    await Promise.all([withBuildLock(lock, work, onWait), withBuildLock(lock, work, onWait)]);
    expect(waits).toBe(1);
  });
});
