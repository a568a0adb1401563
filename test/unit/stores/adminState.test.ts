import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startsSequencing } from '../../../src/node/createSequencer.js';
import { AdminStateFile } from '../../../src/stores/adminState.js';
import { FakeLogger } from '../../support/fakeLogger.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'admin-state-'));
  path = join(dir, 'sub', 'state.json');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the file of the admin state', () => {
  it("has op-node's JSON, alone in its folder", async () => {
    const file = new AdminStateFile(path);
    expect(await file.read()).toBe('unset');
    await file.sequencerStarted();
    expect(readFileSync(path, 'utf8')).toBe('{"sequencerStarted":true}');
    expect(await file.read()).toBe('started');
    await Promise.all([file.sequencerStarted(), file.sequencerStopped()]);
    expect(await file.read()).toBe('stopped');
    expect(readdirSync(join(dir, 'sub'))).toEqual(['state.json']);
  });

  it.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{}', 'sequencerStarted is neither true nor false'],
    ['{"sequencerStarted":null}', 'sequencerStarted is neither true nor false'],
    ['{"sequencerStarted":true,"other":1}', 'unknown field "other"'],
  ])('is refused when it holds %j', async (text, reason) => {
    mkdirSync(join(dir, 'sub'));
    writeFileSync(path, text);
    await expect(new AdminStateFile(path).read()).rejects.toMatchObject({
      code: 'SEQUENCER_STATE_INVALID',
      severity: 'critical',
      message: `--rpc.admin-state: ${path}: ${reason}`,
    });
  });

  it('says where it cannot be written', async () => {
    writeFileSync(join(dir, 'sub'), 'a file where the folder should be');
    await expect(new AdminStateFile(path).sequencerStarted()).rejects.toMatchObject({
      code: 'SEQUENCER_STATE_UNWRITABLE',
      severity: 'temporary',
    });
  });
});

describe('the state that the node starts with', () => {
  const sequencer = {
    ...{ isEnabled: true, isStopped: false, maxSafeLag: 0, l1Confs: 4 },
    ...{ isRecoverMode: false, sealingDurationMs: 50 },
  };
  const conductor = { isEnabled: false, url: '', rpcTimeoutMs: 1_000 };
  const stored = (state: 'started' | 'stopped' | 'unset') => ({ read: async () => state });

  it.each([
    ['unset', false, true],
    ['unset', true, false],
    ['started', true, true],
    ['started', false, true],
    ['stopped', false, false],
  ] as const)('%s, --sequencer.stopped=%s: starts %s', async (state, isStopped, starts) => {
    const log = new FakeLogger();
    const config = { sequencer: { ...sequencer, isStopped }, conductor };
    expect(await startsSequencing(config, stored(state), log)).toBe(starts);
    const isOverridden = state !== 'unset' && isStopped === starts;
    const message = 'Overriding sequencer.stopped with persisted state';
    expect(log.find(message)).toHaveLength(isOverridden ? 1 : 0);
  });

  it('takes no stored state beside a conductor', async () => {
    const config = { sequencer, conductor: { ...conductor, isEnabled: true } };
    const log = new FakeLogger();
    await expect(startsSequencing(config, stored('stopped'), log)).rejects.toMatchObject({
      severity: 'critical',
      message: expect.stringContaining(
        'config persistence must be disabled when conductor is enabled',
      ),
    });
    const waiting = { ...config, sequencer: { ...sequencer, isStopped: true } };
    expect(await startsSequencing(waiting, stored('unset'), log)).toBe(false);
  });
});
