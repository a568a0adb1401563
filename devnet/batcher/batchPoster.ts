import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { bytesToHex } from '../../src/rollup/bytes.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash } from '../../src/types/block.js';
import { rpc } from '../rpcClient.js';
import { waitFor } from '../waitFor.js';
import { BlobSidecars } from './blobSidecars.js';
import { encodeBlob } from './blobs.js';

export interface BatchPosterSetup {
  /** L1 JSON-RPC whose beacon side keeps the blobs. */
  readonly l1Url: string;
  readonly privateKey: Hex;
  readonly rollup: Pick<RollupConfig, 'l1ChainId' | 'batchInboxAddress'>;
}

const MINED_MS = 60_000;
const GAS = 5_000_000n;
const GWEI = 1_000_000_000n;

interface Receipt {
  readonly status: Hex;
  readonly blockNumber: Hex;
}

/** Sends batcher transactions, one at a time, and waits until L1 has them. */
export class BatchPoster {
  readonly #setup: BatchPosterSetup;
  readonly #sidecars = new BlobSidecars();

  constructor(setup: BatchPosterSetup) {
    this.#setup = setup;
  }

  /** @returns number of the L1 block. @throws Error when it is refused, fails or is not mined within a minute. */
  async postCalldata(data: Uint8Array): Promise<number> {
    return this.#send({ type: 'eip1559', data: bytesToHex(data) });
  }

  /** Each piece of data goes into a blob of its own. @throws as `postCalldata` */
  async postBlobs(pieces: readonly Uint8Array[]): Promise<number> {
    const made = [];
    for (const piece of pieces) made.push(await this.#sidecars.make(encodeBlob(piece)));
    return this.#send({
      type: 'eip4844',
      sidecars: made.map(({ sidecar }) => sidecar),
      blobVersionedHashes: made.map(({ hash }) => hash),
    });
  }

  async #send(
    special:
      | { readonly type: 'eip1559'; readonly data: Hex }
      | {
          readonly type: 'eip4844';
          readonly sidecars: readonly { blob: Hex; commitment: Hex; proof: Hex }[];
          readonly blobVersionedHashes: readonly Hash[];
        },
  ): Promise<number> {
    const { l1Url, privateKey, rollup } = this.#setup;
    const account = privateKeyToAccount(privateKey);
    const nonce = Number(
      await rpc<Hex>(l1Url, 'eth_getTransactionCount', [account.address, 'latest']),
    );
    const common = {
      chainId: Number(rollup.l1ChainId),
      nonce,
      gas: GAS,
      maxFeePerGas: 200n * GWEI,
      maxPriorityFeePerGas: GWEI,
      to: rollup.batchInboxAddress,
    };
    const raw =
      special.type === 'eip4844'
        ? await account.signTransaction({
            ...common,
            ...special,
            maxFeePerBlobGas: 200n * GWEI,
            sidecars: [...special.sidecars],
          })
        : await account.signTransaction({ ...common, ...special });
    const hash = await rpc<Hash>(l1Url, 'eth_sendRawTransaction', [raw]);
    return this.#mined(hash);
  }

  async #mined(hash: Hash): Promise<number> {
    const { l1Url } = this.#setup;
    const receipt = await waitFor(
      async () =>
        (await rpc<Receipt | null>(l1Url, 'eth_getTransactionReceipt', [hash])) ?? undefined,
      { what: `batcher transaction ${hash} is mined`, timeoutMs: MINED_MS, pollMs: 200 },
    );
    if (Number(receipt.status) !== 1) throw new Error(`batcher transaction ${hash} failed`);
    return Number(receipt.blockNumber);
  }
}
