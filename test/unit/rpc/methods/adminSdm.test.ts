import { afterEach, describe, expect, it } from 'vitest';
import { AdminBackend } from '../../../../src/node/adminBackend.js';
import { SdmControl } from '../../../../src/sequencer/sdmControl.js';
import { l2Block } from '../../../support/deriveFakes.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { type RunningServer, startServer } from '../../../support/rpcServer.js';
import { FakeSequencerEngine } from '../../../support/sequencerRig.js';

type Exchange = readonly [method: string, params: string, answer: string];

const SET = 'admin_setSdmPostExecOptIn';
const STATUS = 'admin_sdmStatus';
const fault = (code: number, message: string) => `"error":{"code":${code},"message":"${message}"}`;

/** As op-node v1.19.1 answers them, whatever it does. */
const MISUSED: readonly Exchange[] = [
  [SET, '[]', fault(-32602, 'missing value for required argument 0')],
  [
    SET,
    '["true"]',
    fault(-32602, 'invalid argument 0: json: cannot unmarshal string into Go value of type bool'),
  ],
  [SET, '[true,1]', fault(-32602, 'too many arguments, want at most 1')],
  [STATUS, '[1]', fault(-32602, 'too many arguments, want at most 0')],
  [STATUS, '{}', fault(-32602, 'non-array args')],
];

let running: RunningServer;
afterEach(() => running.server.stop());

async function expectAnswers(exchanges: readonly Exchange[]): Promise<void> {
  for (const [method, params, answer] of exchanges) {
    const response = await fetch(running.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`,
    });
    expect(await response.text(), `${method} ${params}`).toBe(
      `{"jsonrpc":"2.0","id":1,${answer}}\n`,
    );
  }
}

/** A sequencer whose head is at second 1010. */
function sequencing(forks: { lagoon?: bigint }): AdminBackend {
  const engine = new FakeSequencerEngine(l2Block(5, { timestamp: 1010n }));
  const store = { sdmPostExecOptIn: async () => {} };
  return new AdminBackend({
    engine: { heads: engine.heads, addUnsafePayload: async () => undefined },
    clock: new FakeClock(),
    derivation: null,
    sequencer: null,
    sdm: new SdmControl({ forks, blockTime: 2n }, false, { engine, store }),
    setLogLevel: () => undefined,
    log: new FakeLogger(),
  });
}

describe('the admin methods for post-execution transactions', () => {
  it('are refused where nothing sequences', async () => {
    running = await startServer();
    const refused = fault(-32000, 'sequencer is not enabled');
    await expectAnswers([
      [STATUS, '[]', refused],
      [SET, '[true]', refused],
      [SET, '[null]', refused],
      ...MISUSED,
    ]);
  });

  it('tell and take the wish; the time only where there is one', async () => {
    running = await startServer({ deps: { admin: sequencing({}) } });
    const status = (wish: boolean) =>
      `"result":{"postExecOptIn":${wish},"protocolActive":false,"effective":false}`;
    await expectAnswers([
      [STATUS, '[]', status(false)],
      [SET, '[true]', '"result":null'],
      [STATUS, '[]', status(true)],
      ...MISUSED,
      [STATUS, '[]', status(true)],
      [SET, '[null]', '"result":null'],
      [STATUS, '[]', status(false)],
    ]);
  });

  it('say when it has an effect', async () => {
    running = await startServer({ deps: { admin: sequencing({ lagoon: 5n }) } });
    const status = (wish: boolean) =>
      `"result":{"postExecOptIn":${wish},"protocolActive":true,"effective":${wish},"activationTime":5}`;
    await expectAnswers([
      [STATUS, '[]', status(false)],
      [SET, '[true]', '"result":null'],
      [STATUS, '[]', status(true)],
    ]);
  });
});
