import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { Clock } from '../../runtime/clock.js';
import { encodeProfile, type ValueKind } from './encodeProfile.js';
import { frameOf } from './inspectorFrames.js';
import { type StackNode, StackTree } from './stackTree.js';

const SAMPLES: ValueKind = ['samples', 'count'];
const CPU: ValueKind = ['cpu', 'nanoseconds'];
const NANOS_PER_MICRO = 1_000;
/** What the engine calls its waits and the bottom of all stacks. */
const IDLE = '(idle)';

/** A CPU profile that is being taken. */
export interface CpuRecording {
  /**
   * Adds up what was sampled so far, which the engine otherwise keeps sample by sample: to be called every minute or so
   * of a long recording.
   */
  fold(): Promise<void>;
  /** Ends it. @returns gzipped pprof. */
  finish(): Promise<Uint8Array>;
}

/** Takes CPU profiles of the main thread, one at a time: two would see each other. */
export class CpuProfiler {
  private readonly clock: Clock;
  private isBusy = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * Begins a profile.
   * @param intervalMicros time between two samples.
   * @returns null while another one is being taken.
   */
  async start(intervalMicros: number): Promise<CpuRecording | null> {
    if (this.isBusy) return null;
    this.isBusy = true;
    const session = new Session();
    session.connect();
    const end = (): void => {
      session.disconnect();
      this.isBusy = false;
    };
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: intervalMicros });
      await session.post('Profiler.start');
    } catch (thrown) {
      end();
      throw thrown;
    }
    return new Recording(session, this.clock, intervalMicros, end);
  }
}

class Recording implements CpuRecording {
  private readonly session: Session;
  private readonly clock: Clock;
  private readonly intervalMicros: number;
  private readonly end: () => void;
  private readonly tree = new StackTree();
  private readonly startMs: number;
  private readonly startMonotonicMs: number;

  constructor(session: Session, clock: Clock, intervalMicros: number, end: () => void) {
    this.session = session;
    this.clock = clock;
    this.intervalMicros = intervalMicros;
    this.end = end;
    this.startMs = clock.nowMs();
    this.startMonotonicMs = clock.monotonicMs();
  }

  async fold(): Promise<void> {
    await this.take();
    await this.session.post('Profiler.start');
  }

  async finish(): Promise<Uint8Array> {
    try {
      await this.take();
    } finally {
      this.end();
    }
    return encodeProfile(this.tree, {
      values: [SAMPLES, CPU],
      period: { kind: CPU, value: this.intervalMicros * NANOS_PER_MICRO },
      startMs: this.startMs,
      durationMs: this.clock.monotonicMs() - this.startMonotonicMs,
    });
  }

  private async take(): Promise<void> {
    const { profile } = await this.session.post('Profiler.stop');
    addCpuProfile(this.tree, profile);
  }
}

/** Adds a profile of the engine to the tree: samples and nanoseconds by stack, without the time that it had nothing to do. */
export function addCpuProfile(tree: StackTree, profile: Profiler.Profile): void {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const [root] = profile.nodes;
  if (root === undefined) return;
  const nanosPerSample = sampleNanos(profile);
  const pending: (readonly [id: number, parent: StackNode])[] = [];
  const expand = ({ children }: Profiler.ProfileNode, at: StackNode): void => {
    for (const id of children ?? []) pending.push([id, at]);
  };
  expand(root, tree.root);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [id, parent] = next;
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === IDLE) continue;
    const at = tree.child(parent, frameOf(node.callFrame));
    const hits = node.hitCount ?? 0;
    if (hits > 0) at.add([hits, hits * nanosPerSample]);
    expand(node, at);
  }
}

/** What a sample stands for: the engine's timer is not exact, so the time is shared among those that there are. */
function sampleNanos({ nodes, startTime, endTime }: Profiler.Profile): number {
  const samples = nodes.reduce((sum, { hitCount }) => sum + (hitCount ?? 0), 0);
  return samples === 0 ? 0 : ((endTime - startTime) * NANOS_PER_MICRO) / samples;
}
