import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveDaInputs } from '../../../conformance/record/liveDaInputs.js';
import type { DaServer } from '../../../devnet/altda/daServer.js';
import { worldDaServer } from '../../../devnet/altda/worldDaServer.js';
import { derivedWorld } from '../../../devnet/deriveRig.js';

const world = derivedWorld('altda');
const inbox = String(world.rollup.batch_inbox_address);

describe('recording the inputs of a DA server', () => {
  let da: DaServer;
  beforeEach(async () => {
    da = (await worldDaServer(world)) as DaServer;
  });
  afterEach(() => da.close());

  it('writes down what was recorded before, when that is served again', async () => {
    const lines = await liveDaInputs(da.url, world.l1, inbox);
    expect(lines).toEqual(world.daInputs);
    expect(lines.filter(({ input }) => input === null).length).toBeGreaterThan(2);
  });

  it('takes no failure of the server for an input that it lacks', async () => {
    da.faults.arm({ kind: 'http500' });
    await expect(liveDaInputs(da.url, world.l1, inbox)).rejects.toThrow('answers 500');
  });
});
