import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../../../src/p2p/codec/malformed.js';
import { decompressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { signedMessage } from '../../../../src/p2p/gossip/signedMessage.js';
import { signingHash } from '../../../../src/p2p/gossip/signingHash.js';
import { DisabledSigner } from '../../../../src/p2p/signer/blockSigner.js';
import { createLocalSigner } from '../../../../src/p2p/signer/createLocalSigner.js';
import { recoverSigner } from '../../../../src/p2p/signer/signature.js';
import { NEVER } from '../../../support/deriveFakes.js';
import { addressOfTestKey, blockOf, CHAIN_ID, GossipRig, NOW } from '../../../support/gossipRig.js';

const forks = { canyon: 0n, ecotone: NOW, isthmus: NOW + 2n };
const config = { l2ChainId: CHAIN_ID, forks };
const KEY = '01'.repeat(32);

describe('a local signer', () => {
  it('signs what others recover its address from', async () => {
    const hash = Buffer.alloc(32, 9);
    const signature = await createLocalSigner(KEY, CHAIN_ID).sign(hash, NEVER);
    expect(signature).toHaveLength(65);
    expect(recoverSigner(signingHash(CHAIN_ID, hash), signature)).toBe(addressOfTestKey(1));
  });

  it('is what a private key in hex makes, and nothing else', () => {
    expect(() => createLocalSigner(`0x${KEY}\n`, CHAIN_ID)).not.toThrow();
    for (const key of ['', '0x', 'zz'.repeat(32), '00'.repeat(32), 'ff'.repeat(32), KEY.slice(2)]) {
      expect(() => createLocalSigner(key, CHAIN_ID)).toThrow(
        expect.objectContaining({ code: 'P2P_KEY_INVALID' }),
      );
    }
  });

  it('makes messages that are accepted on the topic of their time', async () => {
    const signer = createLocalSigner(KEY, CHAIN_ID);
    for (const [timestamp, version] of [
      [NOW - 1n, 2],
      [NOW, 3],
      [NOW + 2n, 4],
    ] as const) {
      const { topic, data } = await signedMessage(
        config,
        blockOf(version, { timestamp }),
        signer,
        NEVER,
      );
      expect(topic).toBe(`/optimism/901/${version - 1}/blocks`);
      expect(await new GossipRig(version, forks).verdict(data)).toBe('accept');
      expect(decompressBlock(data, MAX_MESSAGE_BYTES)[64]).toBeLessThan(2);
    }
  });

  it('is missing where there is no key', async () => {
    await expect(
      signedMessage(config, blockOf(2), new DisabledSigner(), NEVER),
    ).rejects.toMatchObject({
      code: 'P2P_NOT_SIGNED',
      severity: 'temporary',
    });
  });
});
