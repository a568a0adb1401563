import { Buffer } from 'node:buffer';
import { toNodeError } from '../../errors/nodeError.js';
import { bytesToHex, hexToBytes } from '../../rollup/bytes.js';
import { throwIfAborted } from '../../runtime/abort.js';
import type { RpcClient } from '../../transport/ports.js';
import { RpcError } from '../../transport/ports.js';
import type { Address } from '../../types/block.js';
import { remoteText } from '../../types/remoteText.js';
import { BLOCK_DOMAIN } from '../gossip/signingHash.js';
import type { BlockSigner } from './blockSigner.js';
import { notSigned } from './blockSigner.js';
import { SIGNATURE_BYTES } from './signature.js';

export interface RemoteSignerOptions {
  /** `--signer.address`: whose key is to sign. */
  readonly address: Address;
  readonly l2ChainId: bigint;
}

/** JSON-RPC: no such method. */
const METHOD_NOT_FOUND = -32601;
const CHECK_TIMEOUT_MS = 3_000;

/**
 * Has blocks signed by a server (`--signer.endpoint`), by the first version of its method, and by the second where the
 * server knows only that one. op-node `op-service/signer/remote_signer.go`, `client.go`.
 */
export class RemoteSigner implements BlockSigner {
  private isSecondVersion = false;

  constructor(
    private readonly options: RemoteSignerOptions,
    private readonly rpc: RpcClient,
  ) {}

  /** The server's version, for the log at start. @throws NodeError P2P_NOT_SIGNED, temporary, when it cannot be reached. */
  async check(signal: AbortSignal): Promise<string> {
    const version = await this.call('health_status', [], signal, CHECK_TIMEOUT_MS);
    return typeof version === 'string' ? remoteText(version) : '';
  }

  async sign(payloadHash: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const answer = this.isSecondVersion
      ? await this.signSecond(payloadHash, signal)
      : await this.signFirst(payloadHash, signal);
    const signature = typeof answer === 'string' ? hexToBytes(answer) : null;
    if (signature?.length !== SIGNATURE_BYTES) throw notSigned('remote signer gave no signature');
    return signature;
  }

  async close(): Promise<void> {
    await this.rpc.close();
  }

  /** Fixed bytes as a list of numbers, others as base64, the chain id as a number: so its JSON is. */
  private async signFirst(payloadHash: Uint8Array, signal: AbortSignal): Promise<unknown> {
    const request = {
      domain: [...BLOCK_DOMAIN],
      chainId: this.options.l2ChainId,
      payloadHash: Buffer.from(payloadHash).toString('base64'),
      senderAddress: this.options.address,
    };
    try {
      return await this.call('opsigner_signBlockPayload', [request], signal);
    } catch (thrown) {
      if (!isMethodMissing(thrown)) throw thrown;
      this.isSecondVersion = true;
      return this.signSecond(payloadHash, signal);
    }
  }

  private signSecond(payloadHash: Uint8Array, signal: AbortSignal): Promise<unknown> {
    const request = {
      domain: bytesToHex(BLOCK_DOMAIN),
      chainId: this.options.l2ChainId.toString(),
      payloadHash: bytesToHex(payloadHash),
      senderAddress: this.options.address,
    };
    return this.call('opsigner_signBlockPayloadV2', [request], signal);
  }

  private async call(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<unknown> {
    try {
      const options = { signal, ...(timeoutMs !== undefined && { timeoutMs }) };
      return await this.rpc.request(method, params, options);
    } catch (thrown) {
      throwIfAborted(signal);
      const { message } = toNodeError(thrown);
      throw notSigned(`remote signer failed in ${method}: ${message}`, thrown);
    }
  }
}

function isMethodMissing(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof RpcError && cause.rpcCode === METHOD_NOT_FOUND;
}
