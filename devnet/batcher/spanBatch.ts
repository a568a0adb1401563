import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { SPAN_BATCH_TYPE } from '../../src/derive/codec/batch.js';
import { hexToBytes } from '../../src/rollup/bytes.js';
import type { Hash } from '../../src/types/block.js';
import { ByteWriter } from './byteWriter.js';
import { writeSpanTxs } from './spanTxs.js';

/**
 * Puts consecutive blocks into one span batch, type byte included; the inverse of `decodeRawSpanBatch`.
 * @param blocks at least one; the first one's parent hash and the last one's epoch hash are checked by the batch.
 * @param genesisTime of the L2.
 * @param isFirstOfEpoch whether the first block has another L1 origin than its parent.
 */
export function encodeSpanBatch(
  blocks: readonly SingularBatch[],
  genesisTime: bigint,
  isFirstOfEpoch: boolean,
): Uint8Array {
  const [first] = blocks;
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('span batch without blocks');
  const writer = new ByteWriter()
    .bytes(Uint8Array.of(SPAN_BATCH_TYPE))
    .uvarint(first.timestamp - genesisTime)
    .uvarint(last.epochNumber)
    .bytes(check(first.parentHash))
    .bytes(check(last.epochHash))
    .uvarint(BigInt(blocks.length))
    .bits(blocks.map((block, i) => changesEpoch(block, blocks[i - 1], isFirstOfEpoch)));
  for (const block of blocks) writer.uvarint(BigInt(block.transactions.length));
  writeSpanTxs(
    writer,
    blocks.flatMap((block) => block.transactions),
  );
  return writer.finish();
}

function changesEpoch(
  block: SingularBatch,
  previous: SingularBatch | undefined,
  isFirstOfEpoch: boolean,
): boolean {
  return previous === undefined ? isFirstOfEpoch : block.epochNumber !== previous.epochNumber;
}

/** The first 20 bytes. */
function check(hash: Hash): Uint8Array {
  return (hexToBytes(hash) ?? new Uint8Array(32)).subarray(0, 20);
}
