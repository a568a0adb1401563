import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineTap, type TappedCall } from '../../conformance/engineTap.js';
import type { FaultKind } from '../../conformance/faults.js';
import type { L2RefJson, SyncStatusJson } from '../../conformance/recorded.js';
import { FaultFront } from '../../devnet/faultFront.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { isSameAt } from '../../devnet/live/networkHeads.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

const MAX_LAG = 12;

/** A sequencer that takes safe and finalized heads from a verifier of its own chain. */
describe('sequencing beside following', () => {
  const chain = {
    ...quickChain(Math.floor(Date.now() / 1000)),
    forkOffsets: { ecotone: 2, fjord: 4, granite: 6, holocene: 8 },
  };
  let group: ProcessGroup;
  let rig: LiveRig;
  let verifier: LiveNode;
  let front: FaultFront;
  let sequencer: LiveNode;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    verifier = await rig.node({
      name: 'verifier',
      geth: await rig.engine('op-geth-verifier'),
      flags: [],
    });
    front = group.own(await FaultFront.start(verifier.node.url));
    const source = new URL('/901', front.url);
    Object.assign(source, { username: 'us', password: 'p w' });
    sequencer = await rig.node({
      name: 'sequencer',
      geth: await rig.engine('op-geth-sequencer'),
      flags: [
        ...['--sequencer.enabled', '--sequencer.l1-confs=1'],
        ...[`--sequencer.max-safe-lag=${MAX_LAG}`, `--l2.follow.source=${source}`],
        ...['--l2.follow.source.header=X-Key: a: b', '--l2.follow.poll-interval=500ms'],
      ],
    });
  });
  afterAll(() => group?.stop());

  const status = ({ node }: LiveNode) => rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
  const reach = (what: string, holds: (now: SyncStatusJson) => boolean) =>
    waitFor(
      async () => {
        const now = await status(sequencer);
        return holds(now) ? now : undefined;
      },
      { what, timeoutMs: REACH_MS, failIf: () => sequencer.node.process.failure() },
    );

  it('stalls where the followed safe head lags too far', async () => {
    const stalled = /sequencer has fallen behind safe head by more than lag, stalling/;
    await waitFor(() => stalled.test(sequencer.node.process.output) || undefined, {
      what: 'the sequencer stalls',
      timeoutMs: REACH_MS,
    });
    const { unsafe_l2, safe_l2 } = await status(sequencer);
    expect(unsafe_l2.number - safe_l2.number).toBe(MAX_LAG);
  });

  it('goes on as the source derives what was posted, with its safe and finalized heads', async () => {
    rig.batcher(sequencer);
    const { safe_l2, finalized_l2 } = await reach('followed heads', (now) => {
      return now.finalized_l2.number > 3 && now.unsafe_l2.number > 3 * MAX_LAG;
    });
    expect(safe_l2.number).toBeGreaterThanOrEqual(finalized_l2.number);
    const urls = [sequencer.geth.url, verifier.geth.url];
    expect(await isSameAt(urls, safe_l2.number)).toBe(true);
    expect(sequencer.node.process.output).not.toContain('Unsafe chain was replaced');
    expect(sequencer.node.process.output).not.toContain('component=derivation');
  });

  it('never gets further ahead of the safe head than it may', async () => {
    const { number } = (await status(sequencer)).unsafe_l2;
    let mostAhead = 0;
    await reach('more blocks', ({ unsafe_l2, safe_l2 }) => {
      mostAhead = Math.max(mostAhead, unsafe_l2.number - safe_l2.number);
      return unsafe_l2.number > number + MAX_LAG;
    });
    expect(mostAhead).toBeLessThanOrEqual(MAX_LAG);
  });

  it('asks at the path of the source, with its user and the headers for it', () => {
    const basic = Buffer.from('us:p w').toString('base64');
    for (const { call } of front.answered) {
      expect(call.url.pathname).toBe('/901');
      expect(call.headers).toMatchObject({ authorization: `Basic ${basic}`, 'x-key': 'a: b' });
    }
    expect(front.answered.length).toBeGreaterThan(0);
  });

  const moreBlocks = async () => {
    const { number } = (await status(sequencer)).unsafe_l2;
    await reach('two more blocks', ({ unsafe_l2 }) => unsafe_l2.number > number + 1);
  };
  const moreRequests = () => {
    const { requests } = front;
    return waitFor(() => front.requests > requests || undefined, {
      what: 'the source is asked',
      timeoutMs: REACH_MS,
    });
  };
  /** The source answers again, and its safe head of now is taken. */
  const recovers = async () => {
    const { number } = (await status(verifier)).safe_l2;
    await reach('the safe head', ({ safe_l2 }) => safe_l2.number >= number);
  };

  it.each<FaultKind>(['hang', 'trickle'])(
    'builds on while a request to the source is not answered: %s',
    async (kind) => {
      front.faults.arm({ kind, count: 0, ms: kind === 'hang' ? 600_000 : 1_000 });
      await moreRequests();
      const { requests } = front;
      await moreBlocks();
      expect(front.requests).toBe(requests);
      front.faults.arm(null);
      await front.close();
      await front.listen();
      await recovers();
    },
  );

  it('builds on while the source answers garbage', async () => {
    front.faults.arm({ kind: 'garbage', count: 0 });
    const answered = front.answered.length;
    await moreRequests();
    await moreBlocks();
    expect(front.answered.length - answered).toBeLessThanOrEqual(1);
    front.faults.arm(null);
    await recovers();
  });

  it('builds on while the source is down', async () => {
    await front.close();
    await moreBlocks();
    await front.listen();
    await recovers();
    expect(sequencer.node.process.output).not.toContain('Sequencer rests');
  });
});

/** Two sequencers on one chain: what the other one builds is posted, derived by the verifier, and followed by ours. */
describe('sequencing while the followed chain is made by another sequencer', () => {
  const chain = { ...quickChain(Math.floor(Date.now() / 1000)), forkOffsets: { ecotone: 2 } };
  const REORGED = /Unsafe chain was replaced under the sequencer/g;
  const stop = new AbortController();
  let traffic: Promise<void> = Promise.resolve();
  let group: ProcessGroup;
  let other: LiveNode;
  let ours: LiveNode;
  let source: FaultFront;
  let blocks: FaultFront;
  let engine: EngineTap;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    const rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    const start = async (name: string, flags: readonly string[]) =>
      rig.node({ name, geth: await rig.engine(`op-geth-${name}`), flags });
    const builds = ['--sequencer.enabled', '--sequencer.l1-confs=1'];
    other = await start('other', builds);
    const verifier = await start('verifier', []);
    source = group.own(await FaultFront.start(verifier.node.url));
    blocks = group.own(await FaultFront.start(verifier.geth.url));
    const geth = await rig.engine('op-geth-ours');
    engine = group.own(await EngineTap.start(geth.engineUrl));
    const follows = [`--l2.follow.source=${source.url}`, `--l2.follow.blocks=${blocks.url}`];
    ours = await rig.node({
      ...{ name: 'ours', geth: { ...geth, engineUrl: engine.url } },
      flags: [...builds, ...follows, '--l2.follow.poll-interval=1s'],
    });
    rig.batcher(other);
    // Only the other one gets transactions: so the blocks differ.
    traffic = runTraffic(rig, other.geth.url, stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await traffic;
    await group?.stop();
  });

  const until = (what: string, holds: () => boolean) =>
    waitFor(() => holds() || undefined, {
      ...{ what, timeoutMs: REACH_MS, failIf: () => ours.node.process.failure() },
    });
  const statuses = () => source.answered.filter(({ call }) => call.body.includes('syncStatus'));

  it('leaves its own blocks for the followed ones, says so, and builds on', async () => {
    const isThrough = async () => {
      const { safe_l2, unsafe_l2 } = await rpc<SyncStatusJson>(
        ours.node.url,
        'optimism_syncStatus',
      );
      const reorgs = [...ours.node.process.output.matchAll(REORGED)].length;
      const isAhead = reorgs >= 3 && unsafe_l2.number > safe_l2.number;
      return isAhead ? safe_l2.number : undefined;
    };
    const safe = await waitFor(isThrough, {
      what: 'our chain was replaced three times and built on',
      timeoutMs: REACH_MS,
      failIf: () => ours.node.process.failure(),
    });
    expect(await isSameAt([ours.geth.url, other.geth.url], safe)).toBe(true);
    expect(ours.node.process.output).toMatch(/lvl=error msg="Unsafe chain was replaced/);
    expect(ours.node.process.output).toContain('cancelling old block building job');
  });

  it('is on the chain of each status two polls later, and never again on the one that was left', () => {
    const named = statuses().map(({ reply, answeredMs }) => {
      const { result } = reply.value as { readonly result: SyncStatusJson };
      return { ref: result.local_safe_l2 as L2RefJson, answeredMs };
    });
    const seen = new EngineHistory(engine.calls);
    for (const [at, { ref, answeredMs }] of named.entries()) {
      const deadlineMs = named[at + 2]?.answeredMs;
      if (deadlineMs === undefined || ref.number === 0) continue;
      const heads = seen.heads.filter((head) => head.answeredMs >= answeredMs);
      const first = heads.findIndex(({ hash }) => seen.isOn(ref.hash, hash));
      expect(heads[first]?.answeredMs).toBeLessThanOrEqual(deadlineMs);
      const after = heads.slice(first).map(({ hash }) => hash);
      expect(after.filter((hash) => !seen.isOn(ref.hash, hash))).toEqual([]);
      const sealed = seen.sealed.filter(
        (block) => block.answeredMs > (heads[first]?.answeredMs ?? 0),
      );
      expect(sealed.filter(({ hash }) => !seen.isOn(ref.hash, hash))).toEqual([]);
    }
    expect(named.length).toBeGreaterThan(3);
  });

  it('builds nothing while its engine, told to move, is syncing; then on the followed chain', async () => {
    const from = engine.calls.length;
    const since = () => engine.calls.slice(from);
    blocks.faults.arm({ kind: 'http500', count: 0 });
    const isSyncing = (call: TappedCall) => statusOf(call) === 'SYNCING';
    await until('the engine is syncing', () => since().some(isSyncing));
    const polls = statuses().length;
    await until('three more polls', () => statuses().length >= polls + 3);
    const calls = since();
    const rested = calls.slice(calls.findIndex(isSyncing));
    expect(rested.filter(startsJob)).toEqual([]);
    expect(rested.filter(({ method }) => method.startsWith('engine_newPayload'))).toEqual([]);
    blocks.faults.arm(null);
    await until('it builds again', () => engine.calls.slice(from + calls.length).some(startsJob));
    const job = engine.calls.slice(from + calls.length).find(startsJob);
    const target = headOf(rested.findLast(isSyncing));
    const head = headOf(job);
    expect(new EngineHistory(engine.calls).isOn(target, head)).toBe(true);
    expect(ours.node.process.output).toContain('Sequencer goes on');
  });
});

/** What passed to an engine, as chains of blocks. */
class EngineHistory {
  /** Accepted heads in order. */
  readonly heads: readonly { readonly hash: string; readonly answeredMs: number }[];
  /** Blocks that were sealed. */
  readonly sealed: readonly { readonly hash: string; readonly answeredMs: number }[];
  readonly #parents = new Map<string, string>();

  constructor(calls: readonly TappedCall[]) {
    this.heads = calls
      .filter((call) => statusOf(call) === 'VALID')
      .map((call) => ({ hash: headOf(call), answeredMs: call.answeredMs }));
    this.sealed = calls.flatMap(({ method, result, answeredMs }) => {
      if (!method.startsWith('engine_getPayload') || !result) return [];
      return [{ hash: this.#note((result as Envelope).executionPayload), answeredMs }];
    });
    for (const { method, params } of calls) {
      if (method.startsWith('engine_newPayload')) this.#note(params[0] as Payload);
    }
  }

  /** True where the block is that one or above it. */
  isOn(ancestor: string, block: string): boolean {
    for (let at: string | undefined = block; at !== undefined; at = this.#parents.get(at)) {
      if (at === ancestor) return true;
    }
    return false;
  }

  #note({ blockHash, parentHash }: Payload): string {
    this.#parents.set(blockHash, parentHash);
    return blockHash;
  }
}

interface Payload {
  readonly blockHash: string;
  readonly parentHash: string;
}

interface Envelope {
  readonly executionPayload: Payload;
}

/** What the engine said to a forkchoice; undefined for other calls and errors. */
function statusOf({ method, result }: TappedCall): string | undefined {
  if (!method.startsWith('engine_forkchoiceUpdated')) return undefined;
  const answer = result as { readonly payloadStatus: { readonly status: string } } | undefined;
  return answer?.payloadStatus.status;
}

function headOf(call: TappedCall | undefined): string {
  const [state] = (call?.params ?? []) as readonly { readonly headBlockHash: string }[];
  return state?.headBlockHash ?? '';
}

/** True for a forkchoice that asks for a block to be built. */
function startsJob({ method, params }: TappedCall): boolean {
  return method.startsWith('engine_forkchoiceUpdated') && Boolean(params[1]);
}
