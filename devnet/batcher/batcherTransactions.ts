import type { Hex } from 'viem';
import { keccak256, parseTransaction } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { bytesToHex } from '../../src/rollup/bytes.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash } from '../../src/types/block.js';

/** A signed transaction to the batch inbox, as an L1 block's JSON has it, with its blobs. */
export interface BatcherTransaction {
  readonly json: Readonly<Record<string, unknown>>;
  readonly blobs: readonly { readonly versioned_hash: Hash; readonly blob: Hex }[];
}

export interface BatcherTransactionsDeps {
  readonly config: Pick<RollupConfig, 'l1ChainId' | 'batchInboxAddress'>;
  readonly privateKey: Hex;
  /** Versioned hash of a blob; a KZG commitment where anybody checks it. */
  readonly hashBlob: (blob: Uint8Array) => Hash | Promise<Hash>;
}

/** The well-known test mnemonic's second key, the batcher of the recorded worlds. */
export const RECORDED_BATCHER_KEY: Hex =
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

const GAS = 5_000_000n;
const FEE = 100_000_000_000n;

/** Signs transactions of the development batcher; nonces count up from 0. */
export class BatcherTransactions {
  private nonce = 0;
  private readonly deps: BatcherTransactionsDeps;

  constructor(deps: BatcherTransactionsDeps) {
    this.deps = deps;
  }

  async withCalldata(data: Uint8Array): Promise<BatcherTransaction> {
    return { json: await this.sign({ type: 'eip1559', data: bytesToHex(data) }), blobs: [] };
  }

  /** @param bodies at least one whole blob. */
  async withBlobs(bodies: readonly Uint8Array[]): Promise<BatcherTransaction> {
    const blobs: BatcherTransaction['blobs'][number][] = [];
    for (const blob of bodies) {
      blobs.push({ versioned_hash: await this.deps.hashBlob(blob), blob: bytesToHex(blob) });
    }
    const blobVersionedHashes = blobs.map((entry) => entry.versioned_hash);
    return { json: await this.sign({ type: 'eip4844', blobVersionedHashes }), blobs };
  }

  private async sign(
    special:
      | { readonly type: 'eip1559'; readonly data: Hex }
      | { readonly type: 'eip4844'; readonly blobVersionedHashes: readonly Hash[] },
  ): Promise<BatcherTransaction['json']> {
    const { config, privateKey } = this.deps;
    const account = privateKeyToAccount(privateKey);
    const common = {
      chainId: Number(config.l1ChainId),
      nonce: this.nonce++,
      gas: GAS,
      maxFeePerGas: FEE,
      maxPriorityFeePerGas: 1n,
      to: config.batchInboxAddress,
    };
    const raw =
      special.type === 'eip4844'
        ? await account.signTransaction({
            ...common,
            type: 'eip4844',
            blobVersionedHashes: special.blobVersionedHashes,
            maxFeePerBlobGas: FEE,
            sidecars: false,
          })
        : await account.signTransaction({ ...common, ...special });
    return rpcJson(raw, account.address.toLowerCase());
  }
}

/** The transaction as `eth_getBlockBy*` shows it, without its place in a block. */
function rpcJson(raw: Hex, from: string): BatcherTransaction['json'] {
  const tx = parseTransaction(raw);
  const hex = (value: bigint | number | undefined) => `0x${(value ?? 0).toString(16)}`;
  const isBlob = tx.type === 'eip4844';
  return {
    hash: keccak256(raw),
    type: isBlob ? '0x3' : '0x2',
    from,
    to: tx.to?.toLowerCase() ?? null,
    chainId: hex(tx.chainId),
    nonce: hex(tx.nonce),
    gas: hex(tx.gas),
    gasPrice: hex(tx.maxFeePerGas),
    maxFeePerGas: hex(tx.maxFeePerGas),
    maxPriorityFeePerGas: hex(tx.maxPriorityFeePerGas),
    value: '0x0',
    input: tx.data ?? '0x',
    accessList: [],
    ...(isBlob && {
      maxFeePerBlobGas: hex(tx.maxFeePerBlobGas),
      blobVersionedHashes: tx.blobVersionedHashes,
    }),
    r: trimmed(tx.r),
    s: trimmed(tx.s),
    v: hex(tx.yParity),
    yParity: hex(tx.yParity),
  };
}

function trimmed(value: Hex | undefined): Hex {
  return `0x${BigInt(value ?? 0).toString(16)}`;
}
