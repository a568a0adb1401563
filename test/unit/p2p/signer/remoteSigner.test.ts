import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { RemoteSigner } from '../../../../src/p2p/signer/remoteSigner.js';
import { RpcError } from '../../../../src/transport/ports.js';
import { NEVER } from '../../../support/deriveFakes.js';
import type { RpcHandler } from '../../../support/fakeRpcClient.js';
import { FakeRpcClient } from '../../../support/fakeRpcClient.js';
import { addressOfTestKey, CHAIN_ID } from '../../../support/gossipRig.js';

const address = addressOfTestKey(1);
const HASH = Buffer.alloc(32, 0xab);
const SIGNATURE = `0x${'12'.repeat(64)}01`;

function signerOf(handlers: Record<string, RpcHandler>, l2ChainId = CHAIN_ID) {
  const rpc = new FakeRpcClient(handlers);
  return { rpc, signer: new RemoteSigner({ address, l2ChainId }, rpc) };
}

describe('a remote signer', () => {
  it('is asked by the first version of its method', async () => {
    const { rpc, signer } = signerOf({ opsigner_signBlockPayload: () => SIGNATURE });
    expect(Buffer.from(await signer.sign(HASH, NEVER)).toString('hex')).toBe(SIGNATURE.slice(2));
    expect(rpc.calls).toEqual([
      {
        method: 'opsigner_signBlockPayload',
        params: [
          {
            domain: new Array(32).fill(0),
            chainId: CHAIN_ID,
            payloadHash: HASH.toString('base64'),
            senderAddress: address,
          },
        ],
      },
    ]);
  });

  it('is asked by the second version where it has no first, from then on', async () => {
    const { rpc, signer } = signerOf({ opsigner_signBlockPayloadV2: () => SIGNATURE });
    await signer.sign(HASH, NEVER);
    await signer.sign(HASH, NEVER);
    expect(rpc.calls.map((call) => call.method)).toEqual([
      'opsigner_signBlockPayload',
      'opsigner_signBlockPayloadV2',
      'opsigner_signBlockPayloadV2',
    ]);
    expect(rpc.calls[1]?.params).toEqual([
      {
        domain: `0x${'00'.repeat(32)}`,
        chainId: '901',
        payloadHash: `0x${'ab'.repeat(32)}`,
        senderAddress: address,
      },
    ]);
  });

  it('that refuses is not asked by the other version', async () => {
    const { rpc, signer } = signerOf({
      opsigner_signBlockPayload: () => {
        throw new RpcError('opsigner_signBlockPayload', -32000, 'not your key', undefined);
      },
    });
    await expect(signer.sign(HASH, NEVER)).rejects.toMatchObject({
      code: 'P2P_NOT_SIGNED',
      severity: 'temporary',
      message: expect.stringContaining('not your key'),
    });
    expect(rpc.calls).toHaveLength(1);
  });

  it.each([null, 5, '0x', `${SIGNATURE}00`, SIGNATURE.slice(0, -2), 'zz'.repeat(65)])(
    'that answers %j gave no signature',
    async (answer) => {
      const { signer } = signerOf({ opsigner_signBlockPayload: () => answer });
      await expect(signer.sign(HASH, NEVER)).rejects.toMatchObject({ code: 'P2P_NOT_SIGNED' });
    },
  );

  it('says its version when it is checked', async () => {
    const { rpc, signer } = signerOf({ health_status: () => 'v1.5.0' });
    expect(await signer.check(NEVER)).toBe('v1.5.0');
    expect(rpc.options[0]?.timeoutMs).toBe(3_000);
  });

  it('stops when its caller stops', async () => {
    const stop = new AbortController();
    const { signer } = signerOf({
      opsigner_signBlockPayload: () => {
        stop.abort();
        throw new Error('gone');
      },
    });
    await expect(signer.sign(HASH, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('lets its connections go', async () => {
    const { rpc, signer } = signerOf({});
    await signer.close();
    expect(rpc.isClosed).toBe(true);
  });
});
