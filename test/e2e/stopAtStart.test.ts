import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningProcess } from '../../devnet/childProcess.js';
import { FollowRig, recordedWorld } from '../../devnet/followRig.js';
import { launchNode } from '../../devnet/nodeProcess.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS, STOP_MS } from '../support/patience.js';

const STARTED = 'Rollup node started';
/** Often enough that the signal comes at the line that was waited for, or soon after. */
const LOOK_MS = 2;

describe('a stop while the node starts', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;
  let launched = 0;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
  });
  afterAll(() => rig?.close());

  const kinds: Readonly<Record<string, () => readonly string[]>> = {
    follower: () => [`--l2.follow.source=${rig.source.url}`],
    sequencer: () => ['--sequencer.enabled', `--safedb.path=${rig.group.folder}/safedb`],
  };

  function launch(kind: string): RunningProcess {
    const { group, geth, l1 } = rig;
    launched += 1;
    const flags = kinds[kind]?.() ?? [];
    return launchNode(group, { name: `stopped-${launched}`, world, geth, l1: l1.url, flags });
  }

  /** Waits for this in the node's log. */
  const says = (node: RunningProcess, what: string, isThere: (log: string) => boolean) =>
    waitFor(() => isThere(node.output) || undefined, {
      ...{ what, timeoutMs: REACH_MS, pollMs: LOOK_MS, failIf: () => node.failure() },
    });

  async function expectStop(node: RunningProcess): Promise<void> {
    node.signal('SIGINT');
    expect(await node.ended(STOP_MS)).toEqual({ code: 0, signal: null });
    // It leads a process group of its own: nothing of that may be left.
    expect(() => process.kill(-(node.pid ?? 0), 0)).toThrow('ESRCH');
  }

  it.each(Object.keys(kinds))(
    'ends a %s with exit code 0 at each line of its log',
    async (kind) => {
      const whole = launch(kind);
      await says(whole, 'a whole start', (log) => log.includes(STARTED));
      await expectStop(whole);
      const lines = whole.output.slice(0, whole.output.indexOf(STARTED)).split('\n').length;
      expect(lines).toBeGreaterThan(5);
      for (let line = 1; line <= lines; line++) {
        const node = launch(kind);
        await says(node, `line ${line}`, (log) => log.split('\n').length > line);
        await expectStop(node);
      }
    },
  );

  it('ends with exit code 0 while its code is loaded', async () => {
    const { group, geth, l1 } = rig;
    const env = { NODE_OPTIONS: `--import=${interruptedAt('/run.js')}` };
    const node = launchNode(group, { name: 'loading', world, geth, l1: l1.url, env });
    expect(await node.ended(STOP_MS)).toEqual({ code: 0, signal: null });
    expect(node.output).not.toContain(STARTED);
  });

  it.each([
    ['its L1', 'eth_chainId'],
    ['its beacon node', '/eth/v1/node/version'],
  ])('ends with exit code 0 while %s hangs', async (what, only) => {
    rig.l1.faults.arm({ kind: 'hang', count: 1, ms: 10 * STOP_MS, only });
    const node = launch('sequencer');
    await says(node, `${what} is asked`, () => rig.l1.faults.armed === null);
    await expectStop(node);
  });

  it('ends with exit code 0 while its engine hangs', async () => {
    rig.geth.process.signal('SIGSTOP');
    try {
      const node = launch('sequencer');
      // The engine is asked with the others; their answers are there.
      await says(node, 'the others are asked', (log) => log.includes('Connected to L1 Beacon API'));
      await expectStop(node);
    } finally {
      rig.geth.process.signal('SIGCONT');
    }
  });

  it('ends with exit code 0 while it tries an L1 again that is not there', async () => {
    await rig.l1.close();
    try {
      const node = launch('sequencer');
      await says(node, 'a second try', (log) => log.includes('trying again'));
      await expectStop(node);
    } finally {
      await rig.l1.listen();
    }
  });
});

/** A module that interrupts its process when the file of that name is loaded. */
function interruptedAt(file: string): string {
  const hooks = `export async function load(url, context, next) {
    if (url.endsWith(${JSON.stringify(file)})) process.kill(process.pid, 'SIGINT');
    return next(url, context);
  }`;
  const register = `import { register } from 'node:module';
    register(${JSON.stringify(dataUrl(hooks))});`;
  return dataUrl(register);
}

function dataUrl(code: string): string {
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
}
