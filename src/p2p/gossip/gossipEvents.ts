import type { GossipsubOpts } from '@libp2p/gossipsub';
import type { GossipEvent } from '../p2pMetrics.js';

type Register = NonNullable<GossipsubOpts['metricsRegister']>;
type CountEvent = (event: GossipEvent, times?: number) => void;

/** Counters of the library that mean an event of op-node's tracer. */
const EVENTS: Readonly<Record<string, GossipEvent>> = {
  gossipsub_rpc_recv_count_total: 'RECV_RPC',
  gossipsub_rpc_sent_count_total: 'SEND_RPC',
  gossipsub_msg_publish_count_total: 'PUBLISH_MESSAGE',
  gossipsub_pre_validation_invalid_total: 'REJECT_MESSAGE',
  gossipsub_pre_validation_valid_total: 'DELIVER_MESSAGE',
  gossipsub_pre_validation_duplicate_total: 'DUPLICATE_MESSAGE',
};

/** The library's metrics, of which only those are taken that are events of op-node's. */
export function gossipEventsRegister(count: CountEvent): Register {
  const nothing = (): void => undefined;
  const none = {
    inc: nothing,
    set: nothing,
    addCollect: nothing,
    observe: nothing,
    reset: nothing,
  };
  return {
    gauge: ({ name }: { readonly name: string }) => {
      const event = EVENTS[name];
      return event === undefined ? none : { ...none, inc: () => count(event) };
    },
    histogram: () => ({ ...none, startTimer: () => nothing }),
    avgMinMax: () => none,
  } as unknown as Register;
}
