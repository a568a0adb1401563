import { describe, expect, it } from 'vitest';
import { OpenSpan } from '../../../../src/derive/stages/openSpan.js';
import { l1Block, l2Block, numberedHash } from '../../../support/deriveFakes.js';
import { spanRange } from '../../../support/deriveStageRig.js';

describe('OpenSpan', () => {
  it('hands out the blocks after the safe head, then none', () => {
    const open = OpenSpan.open(spanRange(4, 7), [l1Block(10), l1Block(11)], l2Block(5));
    expect(open?.nextTimestamp).toBe(l2Block(6).timestamp);
    expect(open?.take(l2Block(5))).toMatchObject({ epochNumber: 11n, parentHash: l2Block(5).hash });
    expect(open?.take(l2Block(6))).toMatchObject({ epochNumber: 11n });
    expect(open?.isDone).toBe(true);
    expect(open?.take(l2Block(7))).toBeNull();
  });

  it('shows the next block as often as asked, and hands that one out for the same parent', () => {
    const open = OpenSpan.open(spanRange(4, 7), [l1Block(10), l1Block(11)], l2Block(5));
    const shown = open?.peek(l2Block(5));
    expect(shown).toMatchObject({ timestamp: l2Block(6).timestamp, parentHash: l2Block(5).hash });
    expect(open?.peek(l2Block(5))).toBe(shown);
    expect(open?.take(l2Block(5))).toBe(shown);
    open?.peek(l2Block(6));
    const other = l2Block(6, { hash: numberedHash(6, 'c') });
    expect(open?.take(other)).toMatchObject({ parentHash: other.hash });
    expect(open?.peek(l2Block(7))).toBeNull();
  });

  it.each([
    ['first', [l1Block(11)]],
    ['last', [l1Block(10)]],
  ])('is not opened where the L1 origin of the %s new block is not known', (_, l1Blocks) => {
    expect(OpenSpan.open(spanRange(4, 7), l1Blocks, l2Block(4))).toBeNull();
  });
});
