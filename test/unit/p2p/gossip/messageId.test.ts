import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { messageId } from '../../../../src/p2p/gossip/messageId.js';
import { blocksTopic, blocksTopics } from '../../../../src/p2p/gossip/topics.js';

const TOPIC = '/optimism/901/1/blocks';

/** As the specification writes it. */
function expected(domain: string, data: Uint8Array): string {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(TOPIC.length));
  const parts = [Buffer.from(domain, 'hex'), length, Buffer.from(TOPIC), data];
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 40);
}
const idOf = (data: Uint8Array) => Buffer.from(messageId(TOPIC, data)).toString('hex');

describe('the id of a message', () => {
  it('is of the data, where it can be decompressed', () => {
    const data = Buffer.from('some data, some data, some data');
    expect(idOf(compressBlock(data))).toBe(expected('01000000', data));
  });

  it('is the same for all compressions of the same data', () => {
    // A literal of three bytes, then with a length of two bytes.
    expect(idOf(Buffer.from('0308616263', 'hex'))).toBe(expected('01000000', Buffer.from('abc')));
    expect(idOf(Buffer.from('830008616263', 'hex'))).toBe(expected('01000000', Buffer.from('abc')));
  });

  it.each([
    ['garbage', Buffer.from('ffffffffffffff', 'hex')],
    ['nothing', Buffer.alloc(0)],
    ['more than ten MiB', compressBlock(Buffer.alloc(10 * 1024 * 1024 + 1))],
  ])('is of the message as it came, where it is %s', (_, data) => {
    expect(idOf(data)).toBe(expected('00000000', data));
  });

  it('has 20 bytes and depends on the topic', () => {
    expect(messageId(TOPIC, Buffer.alloc(3))).toHaveLength(20);
    expect(messageId('/other', Buffer.alloc(3))).not.toEqual(messageId(TOPIC, Buffer.alloc(3)));
  });
});

describe('topics', () => {
  it('are numbered from 0', () => {
    expect(blocksTopic(10n, 1)).toBe('/optimism/10/0/blocks');
    expect([...blocksTopics(901n)]).toEqual([
      ['/optimism/901/0/blocks', 1],
      ['/optimism/901/1/blocks', 2],
      ['/optimism/901/2/blocks', 3],
      ['/optimism/901/3/blocks', 4],
    ]);
  });
});
