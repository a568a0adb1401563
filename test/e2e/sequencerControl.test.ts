import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../conformance/rawHttp.js';
import type { GoldenLine, SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { launchNode } from '../../devnet/nodeProcess.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS, STOP_MS } from '../support/patience.js';
import { relayUnsafe } from '../support/relayUnsafe.js';

/** Exchanges with a live sequencer of op-node v1.19.0, which stopped and started on this block. */
const RECORDED = readFileSync('test/fixtures/admin-sequencer.jsonl', 'utf8');
const RECORDED_HEAD = {
  hash: '0x2fa218db69285d349added09bbab6464b32efd14f6a660c4a67e857d38620727',
  number: 81,
};
const SEQUENCER = ['--sequencer.enabled', '--sequencer.l1-confs=1'];

/** Two sequencers, each with its engine, of which one builds; what it builds is relayed to the other. */
describe('sequencers that are started and stopped', () => {
  const chain = { ...quickChain(Math.floor(Date.now() / 1000)), forkOffsets: { ecotone: 4 } };
  let group: ProcessGroup;
  let rig: LiveRig;
  let first: LiveNode;
  let second: LiveNode;
  let engines: readonly OpGethNode[];

  beforeAll(async () => {
    group = await ProcessGroup.open();
    rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    const start = async (name: string, ...flags: string[]): Promise<LiveNode> => {
      const geth = await rig.engine(`op-geth-${name}`);
      return rig.node({ name, geth, flags: [...SEQUENCER, ...flags] });
    };
    first = await start('first', `--rpc.admin-state=${statePath('first')}`);
    second = await start('second', '--sequencer.stopped');
    engines = [first.geth, second.geth];
  });
  afterAll(() => group?.stop());

  const statePath = (name: string) => join(group.folder, 'state', `${name}.json`);
  const stored = (name: string) => readFileSync(statePath(name), 'utf8');
  const admin = <T>(at: LiveNode, method: string, ...params: unknown[]) =>
    rpc<T>(at.node.url, `admin_${method}`, params);
  const unsafe = async ({ node }: LiveNode) =>
    (await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus')).unsafe_l2;
  const reach = (at: LiveNode, number: number) =>
    waitFor(async () => (await unsafe(at)).number >= number || undefined, {
      what: `unsafe head ${number}`,
      timeoutMs: REACH_MS,
      failIf: () => at.node.process.failure(),
    });

  it('builds from the start, and keeps at rest when told so', async () => {
    await reach(first, 5);
    expect(await admin(first, 'sequencerActive')).toBe(true);
    expect(await admin(second, 'sequencerActive')).toBe(false);
    expect(await admin(first, 'conductorEnabled')).toBe(false);
    await waitFor(async () => BigInt((await unsafe(second)).hash) !== 0n || undefined, {
      what: 'the second one knows its head',
      timeoutMs: REACH_MS,
    });
    expect((await unsafe(second)).number).toBe(0);
    expect(stored('first')).toBe('{"sequencerStarted":true}');
  });

  it('refuses to start where it runs, on another block, and to stop where it rests', async () => {
    const wrong = `0x${'11'.repeat(32)}`;
    await expect(admin(first, 'startSequencer', wrong)).rejects.toThrow(
      'sequencer already running (-32000)',
    );
    const { hash, number } = await unsafe(second);
    await expect(admin(second, 'startSequencer', wrong)).rejects.toThrow(
      `block hash does not match: head ${hash}:${number}, received ${wrong} (-32000)`,
    );
    await expect(admin(second, 'stopSequencer')).rejects.toThrow('sequencer not running (-32000)');
  });

  it('answers byte for byte as op-node while it is stopped and started', async () => {
    const lines = RECORDED.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GoldenLine);
    let head = RECORDED_HEAD;
    const moved = (text: string | undefined) =>
      (text ?? '')
        .replaceAll(`${RECORDED_HEAD.hash}:${RECORDED_HEAD.number}`, `${head.hash}:${head.number}`)
        .replaceAll(RECORDED_HEAD.hash, head.hash);
    for (const { name, http, response } of lines) {
      const got = await replay(first.node.url, { ...http, body: moved(http.body) });
      if (name === 'stop') head = await unsafe(first);
      expect({ name, ...got }).toEqual({ name, ...response, body: moved(response.body) });
    }
    expect(lines.length).toBeGreaterThan(10);
  });

  it('hands over without losing or doubling a block, there and back', async () => {
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      const hash = await admin<string>(from, 'stopSequencer');
      const last = await unsafe(from);
      expect(last.hash).toBe(hash);
      await relayUnsafe(from.geth.url, to.node.url, last.number);
      await reach(to, last.number);
      expect((await unsafe(to)).hash).toBe(hash);
      await admin(to, 'startSequencer', hash);
      await reach(to, last.number + 4);
      expect(await admin(from, 'sequencerActive')).toBe(false);
      expect((await unsafe(from)).number).toBe(last.number);
    }
    await relayUnsafe(first.geth.url, second.node.url, (await unsafe(first)).number);
    const top = Math.min((await unsafe(first)).number, (await unsafe(second)).number);
    const chainOf = ({ url }: OpGethNode) =>
      Promise.all(
        Array.from({ length: top + 1 }, (_, number) =>
          rpc<{ hash: string; timestamp: string }>(url, 'eth_getBlockByNumber', [
            `0x${number.toString(16)}`,
            false,
          ]),
        ),
      );
    const [ours = [], theirs = []] = await Promise.all(engines.map(chainOf));
    expect(theirs.map(({ hash }) => hash)).toEqual(ours.map(({ hash }) => hash));
    expect(ours.map(({ timestamp }) => Number(timestamp) - chain.time)).toEqual(
      ours.map((_, n) => n),
    );
  });

  it('builds empty blocks in recover mode', async () => {
    await admin(first, 'setRecoverMode', true);
    await waitFor(() => /in recover mode/.test(first.node.process.output) || undefined, {
      what: 'recover mode is told',
      timeoutMs: REACH_MS,
    });
    const { number } = await unsafe(first);
    await reach(first, number + 3);
    await admin(first, 'setRecoverMode', false);
  });

  it('stores a stop and the wish for post-exec transactions, and has both after a restart', async () => {
    const hash = await admin<string>(first, 'stopSequencer');
    expect(stored('first')).toBe('{"sequencerStarted":false}');
    expect(await admin(first, 'setSdmPostExecOptIn', true)).toBeNull();
    expect(stored('first')).toBe('{"sequencerStarted":false,"sdmPostExecOptIn":true}');
    first.node.process.signal('SIGTERM');
    expect(await first.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
    const flags = [...SEQUENCER, `--rpc.admin-state=${statePath('first')}`];
    first = await rig.node({ name: 'first-again', geth: first.geth, flags });
    expect(first.node.process.output).toContain(
      'Overriding sequencer.stopped with persisted state',
    );
    await waitFor(async () => (await unsafe(first)).hash === hash || undefined, {
      what: 'the head is found again',
      timeoutMs: REACH_MS,
    });
    expect(await admin(first, 'sequencerActive')).toBe(false);
    expect(await admin(first, 'sdmStatus')).toMatchObject({ postExecOptIn: true });
    await admin(first, 'startSequencer', hash);
    await reach(first, (await unsafe(first)).number + 2);
    expect(stored('first')).toBe('{"sequencerStarted":true,"sdmPostExecOptIn":true}');
  });

  it('leaves stored state and engine alone where its port is taken', async () => {
    const { port } = new URL(first.node.url);
    const again = launchNode(group, {
      ...{ name: 'port-taken', geth: first.geth, world: rig.chain, l1: rig.l1.url },
      beacon: rig.l1.beaconUrl,
      flags: [...SEQUENCER, `--rpc.admin-state=${statePath('first')}`, `--rpc.port=${port}`],
    });
    expect(await again.ended(STOP_MS)).toEqual({ code: 1, signal: null });
    expect(again.output).toContain('could not bind the RPC server');
    expect(again.output).not.toContain('Sequencer has been started');
    expect(again.output).not.toContain('Loaded current L2 heads');
    expect(stored('first')).toBe('{"sequencerStarted":true,"sdmPostExecOptIn":true}');
  });

  it('finishes its last block when the node is told to end', async () => {
    await reach(first, (await unsafe(first)).number + 1);
    first.node.process.signal('SIGTERM');
    expect(await first.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
    expect(first.node.process.output).toContain('stopped sequencer');
    const sealed = [
      ...first.node.process.output.matchAll(/Sequencer sealed block.* block=(0x\w+)/g),
    ];
    const inserted = [
      ...first.node.process.output.matchAll(/Sequencer inserted block.* block=(0x\w+)/g),
    ];
    expect(sealed.at(-1)?.[1]).toBeDefined();
    expect(inserted.at(-1)?.[1]).toBe(sealed.at(-1)?.[1]);
  });
});
