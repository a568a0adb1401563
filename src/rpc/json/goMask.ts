import { GO_UINT8, GoTextError, type GoType, goSlice, goString } from './goDecode.js';

const TEXT = goString('net.IPMask');
const BYTES = goSlice(GO_UINT8);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `net.IPMask`, bytes to Go: base64, or a list of numbers; given as base64, empty for none. */
export const GO_MASK: GoType<string> = {
  name: 'net.IPMask',
  zero: '',
  decode: (cursor, context, place) => {
    if (cursor.isAt('[')) {
      const bytes = BYTES.decode(cursor, context, place);
      return Buffer.from(bytes).toString('base64');
    }
    const text = TEXT.decode(cursor, context, place);
    if (!BASE64.test(text))
      throw new GoTextError(`illegal base64 data at input byte ${faultAt(text)}`);
    return text;
  },
};

/** The first character that base64 does not have, or the group of four that is not whole. */
function faultAt(text: string): number {
  const stray = text.search(/[^A-Za-z0-9+/]/);
  return stray < 0 ? text.length - (text.length % 4) : stray;
}
