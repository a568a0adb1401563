import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { compressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { messageId } from '../../../../src/p2p/gossip/messageId.js';
import { openMessage, takeMessage } from '../../../../src/p2p/gossip/openedMessage.js';

const message = Buffer.from('a message of some length, of some length, of some length');

describe('a message that was opened for its id', () => {
  it('is not decompressed again to be judged', () => {
    const data = compressBlock(message);
    const opened = openMessage(data);

    expect(takeMessage(data)).toBe(opened);
  });

  it('is kept no longer than until then', () => {
    const data = compressBlock(message);
    const opened = openMessage(data);
    takeMessage(data);
    const again = takeMessage(data);

    expect(again).not.toBe(opened);
    expect(again).toEqual(opened);
  });

  it('is not taken for another one, be it the same bytes', () => {
    const data = compressBlock(message);
    messageId('/optimism/901/3/blocks', compressBlock(Buffer.from('another one')));

    expect(takeMessage(data)).toEqual(message);
  });

  it('is none when it cannot be decompressed: it is read anew, and refused', () => {
    const cut = compressBlock(message).subarray(0, -1);
    messageId('/optimism/901/3/blocks', cut);

    expect(() => takeMessage(cut)).toThrow('cannot be decompressed');
  });
});
