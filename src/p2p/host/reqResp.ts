import { peerIdFromString } from '@libp2p/peer-id';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Clock } from '../../runtime/clock.js';
import { nextTurn } from '../../runtime/turns.js';
import type { Logger } from '../../telemetry/logger.js';
import type { ReceivedBlock } from '../codec/receivedBlock.js';
import type { P2pRecorder } from '../p2pMetrics.js';
import type { P2pNodeSide } from '../p2pService.js';
import { PayloadClient } from '../reqresp/client.js';
import type { ResponseScorer } from '../reqresp/ports.js';
import { RangeSync } from '../reqresp/rangeSync.js';
import { payloadByNumberProtocol } from '../reqresp/requestCodec.js';
import { PayloadServer } from '../reqresp/server.js';
import { streamFailed } from '../reqresp/timed.js';
import type { Host } from './libp2pHost.js';
import { Libp2pStream } from './libp2pStream.js';

/** Streams of requests that one connection may have open at once. */
const MAX_STREAMS = 16;

export interface ReqRespDeps {
  readonly rollup: RollupConfig;
  readonly host: Host;
  readonly node: Pick<P2pNodeSide, 'envelopeByNumber'>;
  /** False: it could not be taken. */
  readonly give: (block: ReceivedBlock, peer: string) => boolean;
  readonly scorer: ResponseScorer;
  readonly recorder: P2pRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Asks peers for blocks, and answers theirs. */
export async function startReqResp(deps: ReqRespDeps): Promise<RangeSync> {
  const { rollup, host, node, give, scorer, recorder, clock, log, signal } = deps;
  const protocol = payloadByNumberProtocol(rollup.l2ChainId);
  const server = new PayloadServer({
    config: rollup,
    blocks: { payloadByNumber: (number) => node.envelopeByNumber(number) },
    clock,
    recorder,
    log,
  });
  await host.handle(
    protocol,
    (stream, { remotePeer }) =>
      server.serve(remotePeer.toString(), new Libp2pStream(stream, clock), signal),
    { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS },
  );
  const client = new PayloadClient({
    config: rollup,
    streams: {
      open: async (peer, inner) => {
        const connection = host.getConnections(peerIdFromString(peer))[0];
        if (connection === undefined) throw streamFailed('peer is not connected');
        return new Libp2pStream(await connection.newStream(protocol, { signal: inner }), clock);
      },
    },
    clock,
    turn: nextTurn,
  });
  return new RangeSync({
    client,
    blocks: {
      receive: async (block, peer) => {
        if (!give(block, peer)) throw streamFailed('too many blocks wait for the engine');
      },
    },
    scorer,
    clock,
    recorder,
    log,
  });
}
