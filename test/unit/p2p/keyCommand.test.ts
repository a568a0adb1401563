import { describe, expect, it } from 'vitest';
import { runKeyCommand } from '../../../src/p2p/keyCommand.js';
import { generatePrivateKey, peerIdOfPrivateKey } from '../../../src/p2p/keys.js';
import { parsePrivateKey } from '../../../src/p2p/privateKey.js';

/** As op-node v1.19.0 answers for the private key 1. */
const ONE = '1'.padStart(64, '0');
const ID_OF_ONE = '16Uiu2HAm3cuhhRL2msUuLF62KRSfneFDx94RsuouyW25Ho42cFMq';
/** Its public key: the generator of the curve. */
const X = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const Y = '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';

const run = (word: string | undefined, input = '') =>
  runKeyCommand(word === undefined ? [] : [word], async () => input);

describe('p2p', () => {
  it.each([ONE, `0x${ONE}`, `  0x${ONE}\n`, ONE.toUpperCase()])('priv2id %j', async (input) => {
    expect(await run('priv2id', input)).toEqual({ text: ID_OF_ONE, isFailure: false });
  });

  it.each([`02${X}`, `0x04${X}${Y}\n`])('pub2id %j', async (input) => {
    expect(await run('pub2id', input)).toEqual({ text: ID_OF_ONE, isFailure: false });
  });

  it.each([
    ['priv2id', 'zz', 'slipstream: key is not hex'],
    ['priv2id', '', 'slipstream: key is not hex'],
    ['priv2id', '0x123', 'slipstream: key is not hex'],
    ['priv2id', '01', 'slipstream: not a private key of secp256k1'],
    ['priv2id', '0'.repeat(64), 'slipstream: not a private key of secp256k1'],
    ['priv2id', 'f'.repeat(64), 'slipstream: not a private key of secp256k1'],
    ['pub2id', ONE, 'slipstream: not a public key of secp256k1'],
    ['pub2id', `05${X}`, 'slipstream: not a public key of secp256k1'],
    ['pub2id', `04${X}${X}`, 'slipstream: not a public key of secp256k1'],
  ])('%s %j fails', async (word, input, text) => {
    expect(await run(word, input)).toEqual({ text, isFailure: true });
  });

  it('genkey gives a key that priv2id takes, another one each time', async () => {
    const [first, second] = await Promise.all([run('genkey'), run('genkey')]);
    expect(first.text).toMatch(/^[0-9a-f]{64}$/);
    expect(first.text).not.toBe(second.text);
    expect((await run('priv2id', first.text)).text).toMatch(/^16Uiu2HA/);
  });

  it('alone, or with a word it does not know, says what it knows', async () => {
    const { text, isFailure } = await run(undefined);
    expect([text, isFailure]).toEqual([expect.stringContaining('genkey'), false]);
    expect(await run('nonsense')).toEqual({ text, isFailure: true });
  });
});

describe('keys', () => {
  it('that are made are private keys of a peer id', () => {
    const key = generatePrivateKey();
    expect(peerIdOfPrivateKey(parsePrivateKey(Buffer.from(key).toString('hex')))).toHaveLength(53);
  });
});
