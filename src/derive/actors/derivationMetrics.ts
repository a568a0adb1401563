import type { Clock } from '../../runtime/clock.js';
import { makeEvent, type UnixSeconds } from '../../telemetry/eventMetric.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RefMetrics } from '../../telemetry/refMetrics.js';
import type { MetricsRegistry } from '../../telemetry/registry.js';
import type { DeriveObserver } from '../ports.js';
import type { DerivationRecorder } from './ports.js';

function makeBatchEvent(registry: MetricsRegistry, now: UnixSeconds) {
  const what = 'derived batches';
  const total = registry.counter<'type'>({
    name: 'derived_batches_total',
    help: `Count of ${what} events`,
    labels: ['type'],
  });
  const last = registry.gauge<'type'>({
    name: 'last_derived_batches_unix',
    help: `Timestamp of last ${what} event`,
    labels: ['type'],
  });
  return (type: string): void => {
    total.inc({ type });
    last.set({ type }, now());
  };
}

export interface DerivationMetricsDeps {
  readonly registry: MetricsRegistry;
  readonly refs: Pick<RefMetrics, 'recordL1Ref'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface DerivationMetrics {
  readonly observer: DeriveObserver;
  readonly recorder: DerivationRecorder;
  readonly recordHeld: (blocks: number, bytes: number) => void;
  readonly recordHeldBack: (isHeldBack: boolean) => void;
}

/** Makes the metrics of derivation, under op-node's names but for `l1_prefetch_*` and `finality_*`; once a node. op-node `op-node/metrics/metrics.go`. */
export function makeDerivationMetrics(deps: DerivationMetricsDeps): DerivationMetrics {
  const { registry, refs, clock, log } = deps;
  const now = (): number => clock.nowMs() / 1000;
  const event = (name: string, what: string) => makeEvent({ registry, now }, name, what);
  const batch = makeBatchEvent(registry, now);
  const channelInput = registry.counter<never>({
    name: 'channel_input_bytes',
    help: 'Number of compressed bytes added to the channel',
    labels: [],
  });
  const gauge = (name: string, help: string) => registry.gauge<never>({ name, help, labels: [] });
  const idle = gauge('derivation_idle', '1 if the derivation pipeline is idle');
  const heldBlocks = gauge('l1_prefetch_blocks', 'L1 blocks held ahead of derivation');
  const heldBytes = gauge('l1_prefetch_bytes', 'Bytes of batcher data held ahead of derivation');
  const heldBack = gauge(
    'finality_held_back',
    '1 while L1 has finalized blocks whose L2 blocks are no longer remembered: --finality.lookback is too short',
  );
  heldBack.set({}, 0);
  return {
    recordHeldBack: (isHeldBack) => heldBack.set({}, isHeldBack ? 1 : 0),
    recordHeld: (blocks, bytes) => {
      heldBlocks.set({}, blocks);
      heldBytes.set({}, bytes);
    },
    observer: {
      channelInputBytes: (bytes) => channelInput.inc({}, bytes),
      headChannelOpened: event('head_channel', 'New channel at the front of the channel bank'),
      channelTimedOut: event('channel_timeout', 'Channel has timed out'),
      frameAdded: event('frame_added', 'New frame ingested in the channel bank'),
      batchDerived: batch,
      noted: (message, fields) => log.info(message, fields),
      dropped: (message, fields) => log.warn(message, fields),
    },
    recorder: {
      originMoved: (origin) => refs.recordL1Ref('l1_derived', origin),
      idle: (isIdle) => idle.set({}, isIdle ? 1 : 0),
      pipelineReset: event('pipeline_resets', 'derivation pipeline resets'),
      failed: event('derivation_errors', 'derivation errors'),
    },
  };
}
