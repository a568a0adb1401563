import { base58 } from '@scure/base';

/** Multihash functions of peer ids: the id is the key itself, or its hash. */
const IDENTITY = 0x00;
const SHA256 = 0x12;
/** Longer is no id of any kind of key. */
const MAX_TEXT = 128;

/** What is wrong with a peer id as text, in the words of go-libp2p; null when nothing is. */
export function peerIdFault(text: string): string | null {
  if (text.length < 2 && text !== '1') return 'failed to parse peer ID: invalid cid: cid too short';
  const isBase58 = text.startsWith('Qm') || text.startsWith('1');
  if (!isBase58 || text.length > MAX_TEXT) {
    return 'failed to parse peer ID: invalid cid: selected encoding not supported';
  }
  const bytes = decoded(text);
  if (bytes === null) return 'failed to parse peer ID: invalid base58 digit';
  const [code, length] = bytes;
  if (length === undefined)
    return 'failed to parse peer ID: multihash too short. must be >= 2 bytes';
  const rest = bytes.length - 2;
  if (rest < length) {
    return 'failed to parse peer ID: length greater than remaining number of bytes in buffer';
  }
  if (rest > length) {
    return `failed to parse peer ID: multihash length inconsistent: expected ${length}; got ${length + 2}`;
  }
  const isKnown = code === IDENTITY || code === SHA256;
  return isKnown ? null : 'failed to parse peer ID: unknown multihash code';
}

function decoded(text: string): Uint8Array | null {
  try {
    return base58.decode(text);
  } catch {
    return null;
  }
}
