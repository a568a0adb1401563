import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { DEVNET_FORKS, forkTime } from '../../devnet/genesis/devnetGenesis.js';
import { L1_BLOCK_TIME_SEC, quickChain } from '../../devnet/live/liveDevnet.js';
import { LIVE_ROLES, LiveNetwork } from '../../devnet/live/liveNetwork.js';
import { isSameAt } from '../../devnet/live/networkHeads.js';
import { peerCount } from '../../devnet/live/peering.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { UPGRADE_GAS } from '../../src/rollup/upgradeGas.js';

const REACH_MS = 150_000;
/** Blocks beyond the last fork's activation that must be safe everywhere. */
const BEYOND = 5;

const WITH_UPGRADE = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst', 'lagoon'] as const;

interface Block {
  readonly number: string;
  readonly transactions: readonly { readonly type: string; readonly from: string }[];
}

describe('a live network through every fork', () => {
  const chain = quickChain(Math.floor(Date.now() / 1000));
  let group: ProcessGroup;
  let network: LiveNetwork;
  const stop = new AbortController();
  let traffic: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    group = await ProcessGroup.open();
    const say = () => undefined;
    const options = { chain, l1BlockTimeSec: L1_BLOCK_TIME_SEC, say, env: {} };
    network = await LiveNetwork.open(group, options);
    traffic = runTraffic(network.rig, network.nodes.sequencer.geth.url, stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await traffic;
    await group?.stop();
  });

  const status = (role: (typeof LIVE_ROLES)[number]) =>
    rpc<SyncStatusJson>(network.nodes[role].node.url, 'optimism_syncStatus');
  const lastFork = Math.max(...DEVNET_FORKS.map((fork) => forkTime(chain, fork) ?? 0));
  const target = lastFork - chain.time + BEYOND;

  it.each(LIVE_ROLES)('%s: unsafe, safe and finalized pass the last fork', async (role) => {
    const passed = async () => {
      const { unsafe_l2, safe_l2, finalized_l2 } = await status(role);
      const lowest = Math.min(unsafe_l2.number, safe_l2.number, finalized_l2.number);
      return lowest >= target || undefined;
    };
    const failIf = () => network.failure();
    await waitFor(passed, { what: `${role} passes the forks`, timeoutMs: REACH_MS, failIf });
  });

  it('has unsafe blocks by gossip: nothing else gives them to the verifier and the follower', async () => {
    const received = 'successfully processed payload';
    for (const role of ['verifier', 'follower'] as const) {
      expect(await peerCount(network.nodes[role])).toBeGreaterThanOrEqual(1);
      const { output } = network.nodes[role].node.process;
      expect(output.split(received).length - 1).toBeGreaterThan(BEYOND);
      const ahead = async () => {
        const { unsafe_l2, safe_l2 } = await status(role);
        return unsafe_l2.number > safe_l2.number || undefined;
      };
      await waitFor(ahead, { what: `${role} has unsafe blocks`, timeoutMs: REACH_MS });
    }
  });

  it('has the same blocks on all engines, and the heads name them', async () => {
    const urls = LIVE_ROLES.map((role) => network.nodes[role].geth.url);
    const different: number[] = [];
    for (let number = 0; number <= target; number++) {
      if (!(await isSameAt(urls, number))) different.push(number);
    }
    expect(different).toEqual([]);
    for (const role of LIVE_ROLES) {
      const { safe_l2 } = await status(role);
      const tag = `0x${safe_l2.number.toString(16)}`;
      const url = network.nodes.sequencer.geth.url;
      expect(await rpc(url, 'eth_getBlockByNumber', [tag, false])).toMatchObject({
        hash: safe_l2.hash,
      });
    }
  });

  it('has built a block for every second since genesis, with traffic in them', async () => {
    const url = network.nodes.sequencer.geth.url;
    const head = await rpc<{ number: string; timestamp: string }>(url, 'eth_getBlockByNumber', [
      'latest',
      false,
    ]);
    expect(Number(head.timestamp)).toBe(chain.time + Number(head.number));
    const types = new Set<string>();
    const senders = new Set<string>();
    for (let number = 1; number <= Number(head.number); number++) {
      const tag = `0x${number.toString(16)}`;
      const { transactions } = await rpc<Block>(url, 'eth_getBlockByNumber', [tag, true]);
      for (const { type, from } of transactions) {
        types.add(type);
        senders.add(from);
      }
    }
    expect([...types].sort()).toEqual(['0x2', '0x7e']);
    const { user0, user1 } = network.rig.chain.genesis.accounts;
    // Transfers, withdrawals; the deposits' sender is an alias of nobody: the depositor is no contract.
    for (const { address } of [user0, user1, network.rig.chain.genesis.accounts.user2]) {
      expect(senders).toContain(address.toLowerCase());
    }
  });

  it('takes no user transactions into the blocks that activate forks with upgrade transactions', async () => {
    const url = network.nodes.sequencer.geth.url;
    for (const fork of WITH_UPGRADE) {
      const number = (forkTime(chain, fork) ?? 0) - chain.time;
      const tag = `0x${number.toString(16)}`;
      const { transactions } = await rpc<Block>(url, 'eth_getBlockByNumber', [tag, true]);
      expect(transactions.length).toBeGreaterThan(1);
      expect(new Set(transactions.map(({ type }) => type))).toEqual(new Set(['0x7e']));
    }
  });

  it('has the gas of the upgrades of Karst and Lagoon in their activation blocks only', async () => {
    const url = network.nodes.sequencer.geth.url;
    const gasLimit = async (at: number) => {
      const tag = `0x${(at - chain.time).toString(16)}`;
      const block = await rpc<{ gasLimit: string }>(url, 'eth_getBlockByNumber', [tag, false]);
      return BigInt(block.gasLimit);
    };
    for (const fork of ['karst', 'lagoon'] as const) {
      const at = forkTime(chain, fork) ?? 0;
      const usual = await gasLimit(at - 1);
      expect(await gasLimit(at)).toBe(usual + UPGRADE_GAS[fork]);
      expect(await gasLimit(at + 1)).toBe(usual);
    }
  });
});
