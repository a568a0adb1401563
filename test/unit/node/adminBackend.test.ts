import { describe, expect, it } from 'vitest';
import { AdminBackend } from '../../../src/node/adminBackend.js';
import { FakeLogger } from '../../support/fakeLogger.js';

function backend(derivation: { requestReset(): void } | null) {
  const log = new FakeLogger();
  const engine = { addUnsafePayload: () => undefined };
  return {
    log,
    admin: new AdminBackend({
      engine,
      derivation,
      sequencer: null,
      sdm: null,
      setLogLevel: () => undefined,
      log,
    }),
  };
}

describe('admin_resetDerivationPipeline', () => {
  it('has derivation start over', async () => {
    let resets = 0;
    const { admin, log } = backend({ requestReset: () => (resets += 1) });
    expect(await admin.resetDerivationPipeline()).toBeUndefined();
    expect(resets).toBe(1);
    expect(log.lines).toEqual([]);
  });

  it('says that nothing derives where that is so', async () => {
    const { admin, log } = backend(null);
    expect(await admin.resetDerivationPipeline()).toBeUndefined();
    expect(log.messages('warn')).toHaveLength(1);
  });
});
