import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { BlockVersion } from '../../../../src/p2p/codec/blockVersion.js';
import { BLOCK_VERSIONS } from '../../../../src/p2p/codec/blockVersion.js';
import { encodeEnvelope } from '../../../../src/p2p/codec/envelopeSsz.js';
import { compressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { UnsafeSigner } from '../../../../src/p2p/gossip/unsafeSigner.js';
import { EMPTY_TRIE_ROOT } from '../../../../src/rollup/trieRoot.js';
import type { Hash } from '../../../../src/types/block.js';
import { FakeClock } from '../../../support/fakeClock.js';
import {
  addressOfTestKey,
  blockOf,
  CHAIN_ID,
  GossipRig,
  messageOf,
  NOW,
  signedBytes,
  testKey,
} from '../../../support/gossipRig.js';

const TEN_MIB = 10 * 1024 * 1024;
const MEBI = 1024 * 1024;

/** A length of snappy's block format. */
function varint(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

const hash = (byte: string): Hash => `0x${byte.repeat(32)}`;
const signedMessage = (body: Uint8Array) => compressBlock(signedBytes(body, testKey(1)));
/** A body of one version, as it would be written for another. */
const withdrawal = {
  index: 1n,
  validatorIndex: 2n,
  address: `0x${'88'.repeat(20)}`,
  amount: 3n,
} as const;

describe('a good block', () => {
  it.each(BLOCK_VERSIONS)('of version %d is accepted', async (version) => {
    const envelope = blockOf(version);
    const verdict = await new GossipRig(version).validate(messageOf(envelope));
    expect(verdict).toEqual({
      kind: 'accept',
      block: {
        version,
        body: Buffer.from(encodeEnvelope(envelope)),
        hash: envelope.executionPayload.blockHash,
        number: 5n,
        parentHash: hash('11'),
        timestamp: NOW,
      },
    });
  });

  it('is accepted whatever its parent is, and when it has no transactions', async () => {
    const rig = new GossipRig(2);
    for (const blockNumber of [900n, 1n, 1n << 40n]) {
      expect(await rig.verdict(messageOf(blockOf(2, { blockNumber, transactions: [] })))).toBe(
        'accept',
      );
    }
  });

  it('is read in slices when it is large', async () => {
    const transactions = Array.from(
      { length: 3000 },
      (_, i) => `0x${'ab'.repeat(300 + (i % 7))}` as const,
    );
    expect(await new GossipRig(4).verdict(messageOf(blockOf(4, { transactions })))).toBe('accept');
  });

  it('is accepted with a length that takes more bytes than it needs', async () => {
    const message = signedBytes(encodeEnvelope(blockOf(1)), testKey(1));
    const compressed = compressBlock(message);
    const short = varint(message.length).length;
    const last = (compressed[short - 1] ?? 0) | 0x80;
    const padding = Buffer.from([...new Array(7 - short).fill(0x80), 0]);
    const padded = Buffer.concat([
      compressed.subarray(0, short - 1),
      Uint8Array.of(last),
      padding,
      compressed.subarray(short),
    ]);
    expect(await new GossipRig(1).verdict(padded)).toBe('accept');
  });
});

describe('compression', () => {
  const cases: readonly (readonly [name: string, data: Uint8Array, verdict: string])[] = [
    ['nothing at all', new Uint8Array(0), 'reject: compressed block has no length'],
    [
      'a length that does not end',
      Buffer.alloc(20, 0xff),
      'reject: compressed block has no length',
    ],
    [
      'a length above 32 bits',
      Buffer.from('ffffffffff01', 'hex'),
      'reject: compressed block has no length',
    ],
    [
      'a bomb',
      Buffer.concat([varint(TEN_MIB + 1), Buffer.alloc(50)]),
      'reject: compressed block is too long',
    ],
    [
      'a bomb that is true',
      compressBlock(Buffer.alloc(TEN_MIB + 1)),
      'reject: compressed block is too long',
    ],
    [
      'a claim of 4 GiB',
      Buffer.concat([varint(2 ** 32 - 1), Buffer.alloc(50)]),
      'reject: compressed block is too long',
    ],
    ['65 bytes', compressBlock(Buffer.alloc(65)), 'reject: message is too short'],
    ['an empty message', compressBlock(new Uint8Array(0)), 'reject: message is too short'],
    [
      'a lie about its length',
      Buffer.concat([varint(100), Buffer.alloc(9)]),
      'reject: compressed block cannot be decompressed',
    ],
    [
      'a cut message',
      messageOf(blockOf(1)).subarray(0, 100),
      'reject: compressed block cannot be decompressed',
    ],
    [
      'bytes behind it',
      Buffer.concat([messageOf(blockOf(1)), Buffer.alloc(3)]),
      'reject: compressed block cannot be decompressed',
    ],
  ];

  it.each(cases)('%s', async (_, data, verdict) => {
    expect(await new GossipRig(1).verdict(data)).toBe(verdict);
  });

  it('of ten MiB is read, in slices, though it is a stranger’s', async () => {
    let turns = 0;
    const rig = new GossipRig(1, {}, undefined, async () => {
      turns += 1;
    });
    expect(await rig.verdict(compressBlock(Buffer.alloc(TEN_MIB)))).toBe(
      'reject: signature is malformed',
    );
    expect(turns).toBeGreaterThan(30);
  });
});

describe('signature', () => {
  const message = signedBytes(encodeEnvelope(blockOf(1)), testKey(1));
  const changed = (at: number, byte: number) => {
    const copy = Buffer.from(message);
    copy[at] = byte;
    return compressBlock(copy);
  };

  it('of somebody else is rejected', async () => {
    const rig = new GossipRig(1);
    expect(await rig.verdict(messageOf(blockOf(1), testKey(2)))).toBe(
      'reject: signed by somebody else',
    );
  });

  it('for another chain is rejected', async () => {
    const data = compressBlock(signedBytes(encodeEnvelope(blockOf(1)), testKey(1), CHAIN_ID + 1n));
    expect(await new GossipRig(1).verdict(data)).toBe('reject: signed by somebody else');
  });

  it.each([
    ['the other recovery id', 64, 1 - (message[64] ?? 0), 'reject: signed by somebody else'],
    ['a recovery id of 27', 64, 27, 'reject: signature is malformed'],
    ['a recovery id of 4', 64, 4, 'reject: signature is malformed'],
    ['a changed body', 300, (message[300] ?? 0) ^ 1, 'reject: signed by somebody else'],
  ])('with %s is rejected', async (_, at, byte, verdict) => {
    expect(await new GossipRig(1).verdict(changed(at, byte))).toBe(verdict);
  });

  it.each([
    ['zeros', Buffer.alloc(64)],
    ['numbers above the order', Buffer.alloc(64, 0xff)],
    ['zero for s', Buffer.concat([message.subarray(0, 32), Buffer.alloc(32)])],
  ])('of %s is rejected', async (_, signature) => {
    const data = compressBlock(Buffer.concat([signature, message.subarray(64)]));
    expect(await new GossipRig(1).verdict(data)).toBe('reject: signature is malformed');
  });

  it('with the higher s is accepted, like everywhere in this protocol', async () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(`0x${message.subarray(32, 64).toString('hex')}`);
    const higher = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
    const v = Uint8Array.of(1 - (message[64] ?? 0));
    const data = Buffer.concat([message.subarray(0, 32), higher, v, message.subarray(65)]);
    expect(await new GossipRig(1).verdict(compressBlock(data))).toBe('accept');
  });

  it('is neither good nor bad while no signer is known', async () => {
    const rig = new GossipRig(1, {}, new UnsafeSigner(new FakeClock()));
    expect(await rig.verdict(messageOf(blockOf(1)))).toBe('ignore: no signer is known yet');
    expect(await rig.verdict(compressBlock(Buffer.alloc(66)))).toBe(
      'ignore: no signer is known yet',
    );
    expect(await rig.verdict(compressBlock(Buffer.alloc(65)))).toBe('reject: message is too short');
  });

  it('of the signer before is accepted in its grace time, until the new one has signed', async () => {
    const rig = new GossipRig(1);
    const next = (blockNumber: bigint, key: number) =>
      rig.verdict(messageOf(blockOf(1, { blockNumber }), testKey(key)));
    rig.signer.set(addressOfTestKey(2));
    expect(await next(1n, 1)).toBe('accept');
    expect(await next(2n, 3)).toBe('reject: signed by somebody else');
    expect(await next(3n, 2)).toBe('accept');
    expect(await next(4n, 1)).toBe('reject: signed by somebody else');
  });
});

describe('body', () => {
  it.each([
    ['a byte', Buffer.alloc(1), 1],
    ['less than the fixed part', encodeEnvelope(blockOf(1)).subarray(0, 507), 1],
    ['less than a root', Buffer.alloc(31), 3],
    ['zeros', Buffer.alloc(600), 4],
  ] as const)('of %s is rejected', async (_, body, version) => {
    expect(await new GossipRig(version).verdict(signedMessage(body))).toMatch(/^reject: /);
  });

  const versions = BLOCK_VERSIONS.flatMap((of) =>
    BLOCK_VERSIONS.filter((on) => on !== of).map((on) => [of, on] as const),
  );
  it.each(versions)('of version %d on the topic of version %d is rejected', async (of, on) => {
    expect(await new GossipRig(on).verdict(messageOf(blockOf(of)))).toMatch(/^reject: /);
  });

  it('with the withdrawals root of an empty trie is written as version 3, which its topic refuses', async () => {
    const envelope = blockOf(4, {
      withdrawalsRoot: EMPTY_TRIE_ROOT,
      transactions: [`0x${'7e'.repeat(100)}`],
    });
    expect(await new GossipRig(4).verdict(messageOf(envelope))).toBe(
      'reject: extra data has a wrong offset',
    );
    // Read as what it is written as, it has another hash: the root is lost.
    expect(await new GossipRig(3).verdict(messageOf(envelope))).toBe('reject: block hash is wrong');
  });

  it('with that root in version 4 is accepted: only writers leave it out', async () => {
    const other = encodeEnvelope(blockOf(4));
    const { blockHash } = blockOf(4, { withdrawalsRoot: EMPTY_TRIE_ROOT }).executionPayload;
    const body = Buffer.from(other);
    body.set(Buffer.from(blockHash.slice(2), 'hex'), 32 + 472);
    body.set(Buffer.from(EMPTY_TRIE_ROOT.slice(2), 'hex'), 32 + 528);
    expect(await new GossipRig(4).verdict(signedMessage(body))).toBe('accept');
  });
});

describe('time', () => {
  it.each([
    [-61n, 'reject: block is too old'],
    [-60n, 'accept'],
    [0n, 'accept'],
    [5n, 'accept'],
    [6n, 'reject: block is from the future'],
  ])('%d seconds from now: %s', async (offset, verdict) => {
    const rig = new GossipRig(1);
    // Our time counts in whole seconds.
    await rig.clock.advance(999);
    expect(await rig.verdict(messageOf(blockOf(1, { timestamp: NOW + offset })))).toBe(verdict);
  });

  it.each([0n, (1n << 64n) - 1n])('%d is rejected', async (timestamp) => {
    expect(await new GossipRig(1).verdict(messageOf(blockOf(1, { timestamp })))).toMatch(/^reject/);
  });
});

describe('content', () => {
  const jovian = { jovian: NOW };
  it.each([
    ['a wrong hash', 1, { blockHash: hash('99') }, {}, 'reject: block hash is wrong'],
    ['withdrawals', 2, { withdrawals: [withdrawal] }, {}, 'reject: has withdrawals'],
    ['withdrawals', 4, { withdrawals: [withdrawal] }, {}, 'reject: has withdrawals'],
    ['blob gas used before Jovian', 3, { blobGasUsed: 1n }, {}, 'reject: blob gas used is wrong'],
    ['blob gas used at Jovian', 4, { blobGasUsed: 1n }, jovian, 'accept'],
    ['excess blob gas', 3, { excessBlobGas: 1n }, {}, 'reject: excess blob gas is wrong'],
    [
      'excess blob gas at Jovian',
      4,
      { excessBlobGas: 1n },
      jovian,
      'reject: excess blob gas is wrong',
    ],
    ['32 bytes of extra data', 4, { extraData: `0x${'aa'.repeat(32)}` }, {}, 'accept'],
    [
      '33 bytes of extra data',
      4,
      { extraData: `0x${'aa'.repeat(33)}` },
      {},
      'reject: extra data is too long',
    ],
  ] as const)('%s, version %d', async (_, version, overrides, forks, verdict) => {
    const rig = new GossipRig(version as BlockVersion, forks);
    expect(await rig.verdict(messageOf(blockOf(version as BlockVersion, overrides)))).toBe(verdict);
  });
});

describe('order of the rules', () => {
  /** Everything is wrong from here on, so that the first rule decides. */
  const tooOld = { timestamp: NOW - 100n };

  it('the signer is asked before the body is read', async () => {
    const data = compressBlock(signedBytes(Buffer.alloc(1), testKey(2)));
    expect(await new GossipRig(1).verdict(data)).toBe('reject: signed by somebody else');
  });

  it('time comes before the hash, the hash before the content', async () => {
    const rig = new GossipRig(3);
    const blobGasUsed = 1n;
    const blockHash = hash('99');
    expect(await rig.verdict(messageOf(blockOf(3, { ...tooOld, blockHash, blobGasUsed })))).toBe(
      'reject: block is too old',
    );
    expect(await rig.verdict(messageOf(blockOf(3, { blockHash, blobGasUsed })))).toBe(
      'reject: block hash is wrong',
    );
    expect(await rig.verdict(messageOf(blockOf(3, { blobGasUsed, excessBlobGas: 1n })))).toBe(
      'reject: blob gas used is wrong',
    );
  });

  it('the content comes before what was seen', async () => {
    const rig = new GossipRig(3);
    const bad = messageOf(blockOf(3, { excessBlobGas: 1n }));
    for (let i = 0; i < 8; i++)
      expect(await rig.verdict(bad)).toBe('reject: excess blob gas is wrong');
  });
});

describe('blocks of one height', () => {
  const block = (index: number, blockNumber = 5n) =>
    messageOf(blockOf(1, { blockNumber, gasUsed: BigInt(index) }));

  it('pass six times; then all are rejected, seen before or not', async () => {
    const rig = new GossipRig(1);
    for (let index = 0; index < 6; index++) {
      expect(await rig.verdict(block(index))).toBe('accept');
      if (index < 5) expect(await rig.verdict(block(index))).toBe('ignore: block is known');
    }
    for (const index of [0, 5, 6, 7]) {
      expect(await rig.verdict(block(index))).toBe('reject: too many blocks of this height');
    }
    expect(await rig.verdict(block(0, 6n))).toBe('accept');
  });

  it('are forgotten after a thousand other heights', async () => {
    const rig = new GossipRig(1);
    expect(await rig.verdict(block(0))).toBe('accept');
    for (let number = 10n; number < 1010n; number++) await rig.verdict(block(0, number));
    expect(await rig.verdict(block(0, 1009n))).toBe('ignore: block is known');
    expect(await rig.verdict(block(0))).toBe('accept');
  });

  it('are counted for each topic alone', async () => {
    expect(await new GossipRig(1).verdict(block(0))).toBe('accept');
    expect(await new GossipRig(1).verdict(block(0))).toBe('accept');
  });
});

describe('a large block of the signer', () => {
  it('does not hold others up: hashing gives way', async () => {
    const transactions = Array.from({ length: 200 }, () => `0x${'cd'.repeat(MEBI / 200)}` as const);
    let turns = 0;
    const rig = new GossipRig(1, {}, undefined, async () => {
      turns += 1;
    });
    expect(await rig.verdict(messageOf(blockOf(1, { transactions })))).toBe('accept');
    expect(turns).toBeGreaterThan(10);
  });
});
