import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineTap, type TappedCall } from '../../conformance/engineTap.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

/** A head this close to the clock has caught up. */
const FRESH_SEC = 2;

interface L2Block {
  readonly hash: string;
  readonly number: string;
  readonly parentHash: string;
  readonly timestamp: string;
}

/** One sequencer and its verifier; what the sequencer asks its engine for passes a tap that can fail. */
describe('a sequencer while the world around it fails', () => {
  const chain = {
    ...quickChain(Math.floor(Date.now() / 1000)),
    forkOffsets: { ecotone: 2, fjord: 4, granite: 6, holocene: 8, isthmus: 10 },
  };
  let group: ProcessGroup;
  let rig: LiveRig;
  let sequencer: LiveNode;
  let verifier: LiveNode;
  let tap: EngineTap;
  let engine: OpGethNode;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    engine = await rig.engine('op-geth-sequencer');
    tap = group.own(await EngineTap.start(engine.engineUrl));
    sequencer = await rig.node({
      name: 'sequencer',
      geth: { ...engine, engineUrl: tap.url },
      flags: ['--sequencer.enabled', '--sequencer.l1-confs=1', '--l2.engine-rpc-timeout=4s'],
    });
    verifier = await rig.node({
      name: 'verifier',
      geth: await rig.engine('op-geth-verifier'),
      flags: [],
    });
    rig.batcher(sequencer, 'calldata');
  });
  afterAll(() => group?.stop());
  beforeEach(() => caughtUp());

  const status = ({ node }: LiveNode) => rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
  const block = (number: number): Promise<L2Block | null> =>
    rpc(sequencer.geth.url, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);

  /** The unsafe head is as new as the clock says. */
  async function caughtUp(): Promise<number> {
    const probe = async () => {
      const { unsafe_l2 } = await status(sequencer);
      const lateSec = Date.now() / 1000 - unsafe_l2.timestamp;
      return lateSec < FRESH_SEC ? unsafe_l2.number : undefined;
    };
    const failIf = () => sequencer.node.process.failure();
    return waitFor(probe, {
      what: 'the chain keeps up with the clock',
      timeoutMs: REACH_MS,
      failIf,
    });
  }

  /** Every block is the child of the one before it and one second younger. */
  async function expectNoGaps(from: number, to: number): Promise<void> {
    let parent = await block(from);
    for (let number = from + 1; number <= to; number++) {
      const next = await block(number);
      expect(next).toMatchObject({ parentHash: parent?.hash });
      expect(Number(next?.timestamp) - chain.time).toBe(number);
      parent = next;
    }
  }

  async function derivedAlike(number: number): Promise<void> {
    await waitFor(async () => (await status(verifier)).safe_l2.number >= number || undefined, {
      what: `the verifier derives block ${number}`,
      timeoutMs: REACH_MS,
    });
    const tag = `0x${number.toString(16)}`;
    const theirs = await rpc<L2Block>(verifier.geth.url, 'eth_getBlockByNumber', [tag, false]);
    expect(theirs.hash).toBe((await block(number))?.hash);
  }

  it('goes on when each call of the engine takes half a second', async () => {
    const before = await caughtUp();
    tap.delayMs = 500;
    await reach(before + 3);
    tap.delayMs = 0;
    await expectNoGaps(before, await caughtUp());
  });

  it('goes on at the next height when the engine was not to be reached', async () => {
    const before = await caughtUp();
    tap.isDown = true;
    await stalls();
    tap.isDown = false;
    const after = await caughtUp();
    await expectNoGaps(before, after);
    await derivedAlike(after);
  });

  it('inserts the same block again that it could not insert at first', async () => {
    await caughtUp();
    const from = tap.calls.length;
    const sealed = await waitFor(() => newest(from, 'engine_getPayload'), {
      what: 'a sealed block',
      timeoutMs: REACH_MS,
      pollMs: 1,
    });
    tap.isDown = true;
    await stalls();
    tap.isDown = false;
    await caughtUp();
    const { blockNumber, blockHash } = payloadOf(sealed);
    expect(await block(Number(blockNumber))).toMatchObject({ hash: blockHash });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'builds on the same blocks when the engine was ended by %s and started again',
    async (signal) => {
      const before = await caughtUp();
      const portOf = (url: string) => Number(new URL(url).port);
      const ports = { http: portOf(engine.url), auth: portOf(tap.upstream) };
      engine.process.signal(signal);
      await engine.process.ended(20_000);
      const { hash, number } = (await status(sequencer)).unsafe_l2;
      engine = await rig.engine('op-geth-sequencer', ports);
      await reach(number + 3);
      await expectNoGaps(before, await caughtUp());
      expect(await block(number)).toMatchObject({ hash });
    },
  );

  it('keeps its L1 origin while L1 stands still, and moves it on afterwards', async () => {
    rig.l1.chain.isPaused = true;
    const { number } = (await status(sequencer)).unsafe_l2;
    try {
      await reach(number + 8);
    } finally {
      rig.l1.chain.isPaused = false;
    }
    const origin = (await status(sequencer)).unsafe_l2.l1origin.number;
    const moved = async () =>
      (await status(sequencer)).unsafe_l2.l1origin.number > origin + 2 || undefined;
    await waitFor(moved, { what: 'the L1 origin moves on', timeoutMs: REACH_MS });
    await derivedAlike(await caughtUp());
  });

  it('gave the engine no second block of any height in all that', () => {
    const children = new Map<string, Set<string>>();
    for (const { method, params } of tap.calls) {
      if (!method.startsWith('engine_newPayload')) continue;
      const { parentHash, blockHash } = params[0] as { parentHash: string; blockHash: string };
      children.set(parentHash, (children.get(parentHash) ?? new Set()).add(blockHash));
    }
    expect(children.size).toBeGreaterThan(20);
    expect([...children.values()].filter((hashes) => hashes.size > 1)).toEqual([]);
    const { output } = sequencer.node.process;
    expect(output).not.toContain('Sequencer could not insert payload');
    expect(output).not.toContain('Cannot sequence invalid payload attributes');
  });

  it('leaves blocks whose L1 origin was reorged out, and goes on', async () => {
    await caughtUp();
    const { l1origin } = (await status(sequencer)).unsafe_l2;
    rig.l1.chain.dropBlocks(3);
    const isNew = async () => {
      const { unsafe_l2 } = await status(sequencer);
      const l1 = await rpc<{ hash: string } | null>(rig.l1.url, 'eth_getBlockByNumber', [
        `0x${unsafe_l2.l1origin.number.toString(16)}`,
        false,
      ]);
      const isCanonical = l1?.hash === unsafe_l2.l1origin.hash;
      return (isCanonical && unsafe_l2.l1origin.number > l1origin.number) || undefined;
    };
    await waitFor(isNew, { what: 'origins of the new L1 chain', timeoutMs: REACH_MS });
    const head = await caughtUp();
    await expectNoGaps(0, head);
    await derivedAlike(head);
  });

  async function reach(number: number): Promise<void> {
    await waitFor(async () => (await status(sequencer)).unsafe_l2.number >= number || undefined, {
      what: `unsafe head ${number}`,
      timeoutMs: REACH_MS,
    });
  }

  /** The head has been older than it may be for some seconds. */
  async function stalls(): Promise<void> {
    const isLate = async () => {
      const { unsafe_l2 } = await status(sequencer);
      return Date.now() / 1000 - unsafe_l2.timestamp > 6 || undefined;
    };
    await waitFor(isLate, { what: 'the chain falls behind', timeoutMs: REACH_MS });
  }

  function newest(from: number, method: string): TappedCall | undefined {
    return tap.calls.slice(from).find((call) => call.method.startsWith(method));
  }
});

function payloadOf({ result }: TappedCall) {
  const { executionPayload } = result as {
    readonly executionPayload: { readonly blockNumber: string; readonly blockHash: string };
  };
  return executionPayload;
}
