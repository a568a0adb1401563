import { yamux } from '@chainsafe/libp2p-yamux';
import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface';
import { mplex } from '@libp2p/mplex';

/**
 * Streams that the other side may have open at once on one connection: sixteen requests and a handful more. Each may hold a
 * first window of 256 KiB unread, so this bounds what a connection holds.
 */
const MAX_STREAMS = 32;
/** What the other side may send on a stream before we have read it; more than a second's blocks at any distance. */
const MAX_WINDOW_BYTES = 1024 * 1024;
/** Of a frame, before its data. */
const HEADER_BYTES = 12;

/** The multiplexers by name. Mplex cannot make its other side wait: it ends a stream whose reader is behind by four megabytes. */
export const MUXERS = { yamux: boundedYamux, mplex } as const;

/**
 * Yamux that ends a connection on a frame larger than any window: the library keeps what there is of a frame until all of
 * it has come, and a frame may claim to have four gigabytes.
 */
function boundedYamux(): () => StreamMuxerFactory {
  const make = yamux({
    maxInboundStreams: MAX_STREAMS,
    streamOptions: { maxStreamWindowSize: MAX_WINDOW_BYTES },
  });
  return () => {
    const factory = make();
    return {
      protocol: factory.protocol,
      createStreamMuxer: (connection) => {
        const muxer = factory.createStreamMuxer(connection);
        connection.addEventListener('message', () => {
          if (keptBytes(muxer) <= HEADER_BYTES + MAX_WINDOW_BYTES) return;
          const error = new Error('a frame is larger than any window');
          muxer.abort(error);
          connection.abort(error);
        });
        return muxer;
      },
    };
  };
}

/** What has come of a frame whose end has not. */
function keptBytes(muxer: StreamMuxer): number {
  const { decoder } = muxer as unknown as {
    readonly decoder: { readonly buffer: { readonly byteLength: number } };
  };
  return decoder.buffer.byteLength;
}
