import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startsSequencing } from '../../../src/node/createSequencer.js';
import { AdminStateFile } from '../../../src/stores/adminState.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const NOTHING = { sequencerStarted: null, sdmPostExecOptIn: null };

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
    expect(await file.read()).toEqual(NOTHING);
    await file.sequencerStarted();
    expect(readFileSync(path, 'utf8')).toBe('{"sequencerStarted":true}');
    expect(await file.read()).toEqual({ ...NOTHING, sequencerStarted: true });
    await Promise.all([file.sequencerStarted(), file.sequencerStopped()]);
    expect(await file.read()).toEqual({ ...NOTHING, sequencerStarted: false });
    expect(readdirSync(join(dir, 'sub'))).toEqual(['state.json']);
  });

  it('keeps both values side by side, also what another process wrote', async () => {
    const file = new AdminStateFile(path);
    await file.sdmPostExecOptIn(true);
    expect(readFileSync(path, 'utf8')).toBe('{"sdmPostExecOptIn":true}');
    await Promise.all([file.sequencerStopped(), file.sdmPostExecOptIn(false)]);
    expect(readFileSync(path, 'utf8')).toBe('{"sequencerStarted":false,"sdmPostExecOptIn":false}');
    await new AdminStateFile(path).sdmPostExecOptIn(true);
    await file.sequencerStarted();
    expect(await file.read()).toEqual({ sequencerStarted: true, sdmPostExecOptIn: true });
  });

  it.each([
    ['{}', NOTHING],
    ['{"sequencerStarted":null}', NOTHING],
    ['{"sdmPostExecOptIn":true}', { ...NOTHING, sdmPostExecOptIn: true }],
    ['{"sequencerStarted":false,"sdmPostExecOptIn":null}', { ...NOTHING, sequencerStarted: false }],
  ])('may hold %s', async (text, state) => {
    mkdirSync(join(dir, 'sub'));
    writeFileSync(path, text);
    expect(await new AdminStateFile(path).read()).toEqual(state);
  });

  it.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{"sequencerStarted":1}', 'sequencerStarted is neither true nor false'],
    ['{"sdmPostExecOptIn":"true"}', 'sdmPostExecOptIn is neither true nor false'],
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

  it('is not written over when it cannot be read', async () => {
    mkdirSync(join(dir, 'sub'));
    writeFileSync(path, 'garbage');
    await expect(new AdminStateFile(path).sequencerStarted()).rejects.toMatchObject({
      code: 'SEQUENCER_STATE_UNWRITABLE',
      severity: 'temporary',
      message: expect.stringContaining('it is not JSON'),
    });
    expect(readFileSync(path, 'utf8')).toBe('garbage');
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

  it.each([
    [null, false, true],
    [null, true, false],
    [true, true, true],
    [true, false, true],
    [false, false, false],
  ])('stored %s, --sequencer.stopped=%s: starts %s', (wasStarted, isStopped, starts) => {
    const log = new FakeLogger();
    const config = { sequencer: { ...sequencer, isStopped }, conductor };
    expect(startsSequencing(config, wasStarted, log)).toBe(starts);
    const isOverridden = wasStarted !== null && isStopped === starts;
    const message = 'Overriding sequencer.stopped with persisted state';
    expect(log.find(message)).toHaveLength(isOverridden ? 1 : 0);
  });

  it('takes no stored state beside a conductor', () => {
    const config = { sequencer, conductor: { ...conductor, isEnabled: true } };
    const log = new FakeLogger();
    expect(() => startsSequencing(config, false, log)).toThrow(
      expect.objectContaining({
        severity: 'critical',
        message: expect.stringContaining(
          'config persistence must be disabled when conductor is enabled',
        ),
      }),
    );
    const waiting = { ...config, sequencer: { ...sequencer, isStopped: true } };
    expect(startsSequencing(waiting, null, log)).toBe(false);
  });
});
