import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Address } from '../../src/types/block.js';
import { callData } from '../genesis/artifacts.js';
import type { DevnetAccount } from '../genesis/devnetAccounts.js';
import { predeployAddress } from '../genesis/l2Predeploys.js';
import { rpc } from '../rpcClient.js';
import type { LiveRig } from './liveRig.js';

const TRANSFER_EVERY_MS = 700;
const DEPOSIT_EVERY_MS = 5_000;
const WITHDRAWAL_EVERY_MS = 11_000;
const RETRY_MS = 1_500;
const GWEI = 1_000_000_000n;
const GAS = 300_000n;
const DEPOSIT_GAS = 1_000_000n;
const MESSAGE_PASSER = 0x16;

interface Call {
  readonly to: Address;
  readonly value: bigint;
  readonly data?: Hex;
  readonly gas?: bigint;
}

/**
 * A little traffic until the signal fires: transfers and withdrawals on L2, deposits from L1. Each kind has an account
 * of its own, so that none waits for another's nonce. What fails is tried again: the chain may be starting.
 * @param l2Url the execution client that takes the L2 transactions.
 */
export async function runTraffic(rig: LiveRig, l2Url: string, signal: AbortSignal): Promise<void> {
  const { accounts, addresses } = rig.chain.genesis;
  const { l1ChainId, l2ChainId } = rig.chain.options;
  const l2 = { url: l2Url, chainId: l2ChainId };
  const l1 = { url: rig.l1.url, chainId: l1ChainId };
  const { user0, user1, user2 } = accounts;
  const transfer: Call = { to: user2.address, value: 1n };
  const withdrawal: Call = {
    to: predeployAddress(MESSAGE_PASSER),
    value: 5n,
    data: callData('L2ToL1MessagePasser', 'initiateWithdrawal', [user1.address, 100_000n, '0x']),
  };
  const deposit: Call = {
    to: addresses.optimismPortal,
    value: 1_000n,
    data: callData('OptimismPortal', 'depositTransaction', [
      ...[user0.address, 1n, 200_000n, false, '0x'],
    ]),
    gas: DEPOSIT_GAS,
  };
  await Promise.all([
    repeat(() => send(l2, user0, transfer), TRANSFER_EVERY_MS, signal),
    repeat(() => send(l2, user1, withdrawal), WITHDRAWAL_EVERY_MS, signal),
    repeat(() => send(l1, user2, deposit), DEPOSIT_EVERY_MS, signal),
  ]);
}

async function repeat(
  run: () => Promise<unknown>,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const isSent = await run().then(
      () => true,
      () => false,
    );
    const waitMs = isSent ? everyMs : RETRY_MS;
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

async function send(
  chain: { readonly url: string; readonly chainId: number },
  from: DevnetAccount,
  { to, value, data, gas = GAS }: Call,
): Promise<void> {
  const account = privateKeyToAccount(from.privateKey);
  const count = await rpc<Hex>(chain.url, 'eth_getTransactionCount', [from.address, 'pending']);
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: chain.chainId,
    nonce: Number(count),
    maxFeePerGas: 10n * GWEI,
    maxPriorityFeePerGas: 1_000n,
    ...{ to, value, gas },
    ...(data !== undefined && { data }),
  });
  await rpc(chain.url, 'eth_sendRawTransaction', [raw]);
}
