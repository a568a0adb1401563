import fc from 'fast-check';
import { exchanges, type FuzzCase } from './httpRequests.js';

/** A change of bytes; places are parts of the whole, so that a shorter request keeps them. */
type RawChange = (bytes: string) => string;

const PLACES = 10_000;
const places = fc.nat({ max: PLACES });
const placeIn = (bytes: string, place: number) => Math.floor((bytes.length * place) / PLACES);

const STRAY: readonly string[] = [
  ...['\x00', '\xff', '"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\r\n', '\n', '\t', '0', 'e'],
  ...['\r\n\r\n', '\xef\xbb\xbf', '1e9', 'null', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
];

const changes: fc.Arbitrary<RawChange> = fc.oneof(
  fc.tuple(places, fc.nat({ max: 7 })).map(
    ([place, bit]): RawChange =>
      (bytes) => {
        const at = Math.min(placeIn(bytes, place), bytes.length - 1);
        if (at < 0) return bytes;
        const flipped = String.fromCharCode(bytes.charCodeAt(at) ^ (1 << bit));
        return bytes.slice(0, at) + flipped + bytes.slice(at + 1);
      },
  ),
  places.map(
    (place): RawChange =>
      (bytes) =>
        bytes.slice(0, placeIn(bytes, place)),
  ),
  fc.constantFrom(...STRAY).map(
    (stray): RawChange =>
      (bytes) =>
        bytes + stray,
  ),
  fc.tuple(places, fc.constantFrom(...STRAY)).map(
    ([place, stray]): RawChange =>
      (bytes) => {
        const at = placeIn(bytes, place);
        return bytes.slice(0, at) + stray + bytes.slice(at);
      },
  ),
  fc.tuple(places, fc.integer({ min: 1, max: 8 })).map(
    ([place, count]): RawChange =>
      (bytes) => {
        const at = placeIn(bytes, place);
        return bytes.slice(0, at) + bytes.slice(at + count);
      },
  ),
  fc.tuple(places, places).map(
    ([from, to]): RawChange =>
      (bytes) => {
        const [start, end] = [
          placeIn(bytes, Math.min(from, to)),
          placeIn(bytes, Math.max(from, to)),
        ];
        return bytes.slice(0, end) + bytes.slice(start, end) + bytes.slice(end);
      },
  ),
);

/** What a fuzz run sends: requests by the grammar, some of them with their bytes changed. */
export const fuzzCases: fc.Arbitrary<FuzzCase> = fc.oneof(
  { weight: 9, arbitrary: exchanges },
  {
    weight: 1,
    arbitrary: fc
      .tuple(exchanges, fc.array(changes, { minLength: 1, maxLength: 3 }))
      .map(([{ bytes, methods }, made]) => ({
        bytes: made.reduce((changed, change) => change(changed), bytes),
        methods,
        isWhole: false,
      })),
  },
);
