import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

const SIGNATURE = `0x${'00'.repeat(65)}`;

interface Envelope {
  readonly executionPayload: {
    readonly blockHash: string;
    readonly parentHash: string;
    readonly timestamp: string;
    readonly gasLimit: string;
    readonly prevRandao: string;
    readonly feeRecipient: string;
    readonly transactions: readonly string[];
  };
}

/** A sequencer that builds a few blocks and is stopped: from then on blocks come from outside. */
describe('building blocks through opstack_*', () => {
  const chain = { ...quickChain(Math.floor(Date.now() / 1000)), forkOffsets: {} };
  let group: ProcessGroup;
  let sequencer: LiveNode;
  let template: Envelope;
  let parent: { readonly hash: string; readonly number: number };

  beforeAll(async () => {
    group = await ProcessGroup.open();
    const rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    sequencer = await rig.node({
      name: 'sequencer',
      geth: await rig.engine('op-geth'),
      flags: ['--sequencer.enabled', '--sequencer.l1-confs=1', '--experimental.sequencer-api'],
    });
    await waitFor(async () => (await unsafe()).number >= 3 || undefined, {
      what: 'some blocks',
      timeoutMs: REACH_MS,
    });
    await rpc(sequencer.node.url, 'admin_stopSequencer');
    const { hash, number } = await unsafe();
    parent = { hash, number };
    template = await lastBlock();
  });
  afterAll(() => group?.stop());

  const call = <T>(method: string, ...params: unknown[]) =>
    rpc<T>(sequencer.node.url, `opstack_${method}`, params);
  const unsafe = async () =>
    (await rpc<SyncStatusJson>(sequencer.node.url, 'optimism_syncStatus')).unsafe_l2;
  const signed = (envelope: unknown) => ({ envelope, signature: SIGNATURE });

  /** Attributes of the next block, in the L1 epoch of its parent. */
  function attributes() {
    const { timestamp, prevRandao, feeRecipient, gasLimit, transactions } =
      template.executionPayload;
    return {
      timestamp: `0x${(Number(timestamp) + 1).toString(16)}`,
      ...{ prevRandao, suggestedFeeRecipient: feeRecipient, gasLimit, withdrawals: [] },
      transactions: transactions.slice(0, 1),
      noTxPool: true,
    };
  }

  async function lastBlock(): Promise<Envelope> {
    const { url } = sequencer.geth;
    const block = await rpc<Record<string, string>>(url, 'eth_getBlockByNumber', ['latest', false]);
    const raw = await rpc<string>(url, 'eth_getRawTransactionByBlockNumberAndIndex', [
      'latest',
      '0x0',
    ]);
    const { hash, parentHash, timestamp, gasLimit, mixHash, miner } = block;
    return {
      executionPayload: {
        ...{ blockHash: hash ?? '', parentHash: parentHash ?? '', timestamp: timestamp ?? '' },
        ...{ gasLimit: gasLimit ?? '', prevRandao: mixHash ?? '', feeRecipient: miner ?? '' },
        transactions: [raw],
      },
    };
  }

  it('opens, seals and commits a block, which becomes the unsafe head', async () => {
    const info = await call<{ id: string; timestamp: number }>('openBlockV1', parent, attributes());
    expect(info).toEqual({
      id: expect.stringMatching(/^0x[0-9a-f]{16}$/),
      timestamp: expect.any(Number),
    });
    const envelope = await call<Envelope>('sealBlockV1', info);
    expect(envelope.executionPayload.parentHash).toBe(parent.hash);
    expect((await unsafe()).hash).toBe(parent.hash);
    expect(await call('commitBlockV1', signed(envelope))).toBeNull();
    expect((await unsafe()).hash).toBe(envelope.executionPayload.blockHash);
  });

  it('says with a code of its own what cannot be done', async () => {
    const timestamp = Number(template.executionPayload.timestamp);
    const unknown = { id: '0x0200000000000001', timestamp };
    await expect(call('sealBlockV1', unknown)).rejects.toThrow('unknown payload (-40120)');
    await expect(call('cancelBlockV1', unknown)).rejects.toThrow('unknown payload (-40120)');
    const nowhere = { hash: `0x${'11'.repeat(32)}`, number: 7 };
    await expect(call('openBlockV1', nowhere, attributes())).rejects.toThrow(
      `failed to retrieve parent block ${nowhere.hash}:7 from engine: not found (-32000)`,
    );
    const early = { ...attributes(), timestamp: '0x1' };
    await expect(call('openBlockV1', parent, early)).rejects.toThrow('(-40101)');
    await expect(call('openBlockV1', parent)).rejects.toThrow(
      'invalid argument 1: missing gas limit (-32602)',
    );
    await expect(call('publishBlockV1', signed(null))).rejects.toThrow('missing execution payload');
  });

  it('refuses a block that the engine finds invalid, and publishes nothing without peers', async () => {
    const head = await unsafe();
    const info = await call<object>('openBlockV1', parent, attributes());
    const envelope = await call<Envelope>('sealBlockV1', info);
    const gasLimit = '0x1';
    const bad = { ...envelope, executionPayload: { ...envelope.executionPayload, gasLimit } };
    await expect(call('commitBlockV1', signed(bad))).rejects.toThrow('execution invalid');
    await expect(call('publishBlockV1', signed(envelope))).rejects.toThrow('P2P not enabled');
    expect((await unsafe()).hash).toBe(head.hash);
  });
});
