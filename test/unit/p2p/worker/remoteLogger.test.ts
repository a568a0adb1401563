import { describe, expect, it } from 'vitest';
import type { P2pLogLine } from '../../../../src/p2p/p2pService.js';
import { RemoteLogger } from '../../../../src/p2p/worker/remoteLogger.js';
import { FakeClock } from '../../../support/fakeClock.js';

function setup() {
  const clock = new FakeClock();
  const lines: P2pLogLine[] = [];
  const log = new RemoteLogger({ send: (line) => lines.push(line), clock });
  return { clock, lines, log };
}

describe('the log of another thread', () => {
  it('gets lines with bound fields, and errors as their texts', () => {
    const { lines, log } = setup();
    log.child({ peer: 'a' }).warn('Something', { err: new Error('broke'), count: 2n });
    expect(lines).toEqual([
      { level: 'warn', message: 'Something', fields: { peer: 'a', err: 'broke', count: 2n } },
    ]);
  });

  it('gets a hundred lines a second, and then how many were too many', async () => {
    const { clock, lines, log } = setup();
    for (let at = 0; at < 250; at++) log.debug('a line');
    expect(lines).toHaveLength(100);
    await clock.advance(1_000);
    log.child({}).info('another');
    expect(lines.slice(100)).toEqual([
      { level: 'warn', message: 'Too many lines about peers', fields: { dropped: 150 } },
      { level: 'info', message: 'another', fields: {} },
    ]);
  });
});
