import { keccak256, stringToBytes } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { EthClient } from '../../../src/l1/ethClient.js';
import { SignerAddressLoader, UNSAFE_BLOCK_SIGNER_SLOT } from '../../../src/l1/signerAddress.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import type { Address } from '../../../src/types/block.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import type { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { recordedConfig } from '../../support/recordedConfig.js';
import { recordedL1Rpc } from '../../support/recordedL1Rpc.js';
import type { RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldL1 } from '../../support/recordedWorld.js';

const chain = readWorldL1('forks');
const { l1SystemConfigAddress } = recordedConfig('forks');
const signal = new AbortController().signal;

let rpc: FakeRpcClient;
let signer: WatchCell<Address | null>;

function loader(confDepth: bigint): SignerAddressLoader {
  const clock = new FakeClock();
  const log = new FakeLogger();
  const options = { isTrusted: false, rpcKind: 'standard', cacheSize: 10, keep: null } as const;
  const l1 = new EthClient(options, { rpc, clock, log });
  return new SignerAddressLoader(
    { systemConfigAddress: l1SystemConfigAddress, confDepth },
    { l1, signer, log },
  );
}

beforeEach(() => {
  rpc = recordedL1Rpc(chain);
  signer = new WatchCell<Address | null>(null);
});

describe('SignerAddressLoader', () => {
  it('reads the slot that the contract names', () => {
    expect(keccak256(stringToBytes('systemconfig.unsafeblocksigner'))).toBe(
      UNSAFE_BLOCK_SIGNER_SLOT,
    );
  });

  it.each([
    [0n, chain.length - 1],
    [4n, chain.length - 5],
    [1000n, chain.length - 1],
  ])('publishes the proven signer, %d blocks below the head', async (confDepth, number) => {
    expect(await loader(confDepth).load(signal)).toBe(true);
    expect(signer.get()).toBe('0x90f79bf6eb2c4f870365e785982e1f101e93b906');
    expect(rpc.calls.at(-1)).toEqual({
      method: 'eth_getProof',
      params: [
        l1SystemConfigAddress,
        [UNSAFE_BLOCK_SIGNER_SLOT],
        (chain[number] as RecordedL1Block).block.hash,
      ],
    });
  });

  it('publishes nothing that is not proven', async () => {
    rpc.handlers.eth_getProof = () => ({ ...chain[3]?.proof, storageProof: [] });
    await expect(loader(0n).load(signal)).rejects.toMatchObject({ code: 'ROLLUP_PROOF_INVALID' });
    expect(signer.get()).toBeNull();
  });

  it('waits for an L1 that has no head yet', async () => {
    rpc.handlers.eth_getBlockByNumber = () => null;
    expect(await loader(0n).load(signal)).toBe(false);
  });
});
