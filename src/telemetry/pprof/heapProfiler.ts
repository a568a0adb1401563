import type { HeapProfiler as HeapProtocol } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { Clock } from '../../runtime/clock.js';
import { encodeProfile, type ValueKind } from './encodeProfile.js';
import { frameOf } from './inspectorFrames.js';
import { type StackNode, StackTree } from './stackTree.js';

const SPACE: ValueKind = ['space', 'bytes'];
const IN_USE: ValueKind = ['inuse_space', 'bytes'];
/** One sample for so many bytes, as in Go: next to nothing while it runs. */
const BYTES_PER_SAMPLE = 512 * 1024;

/** Samples what the main thread takes of the heap from its start on and has not given back; a profile can be had at any time. */
export class HeapProfiler {
  private readonly session = new Session();
  private readonly clock: Clock;
  private startMs = 0;
  private startMonotonicMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('HeapProfiler.enable');
    await this.session.post('HeapProfiler.startSampling', {
      samplingInterval: BYTES_PER_SAMPLE,
    });
    this.startMs = this.clock.nowMs();
    this.startMonotonicMs = this.clock.monotonicMs();
  }

  /**
   * What was sampled up to now.
   * @param collects frees first what is no longer used.
   * @returns gzipped pprof.
   */
  async profile(collects: boolean): Promise<Uint8Array> {
    if (collects) await this.session.post('HeapProfiler.collectGarbage');
    const { profile } = await this.session.post('HeapProfiler.getSamplingProfile');
    const tree = new StackTree();
    addHeapProfile(tree, profile);
    return encodeProfile(tree, {
      values: [IN_USE],
      period: { kind: SPACE, value: BYTES_PER_SAMPLE },
      startMs: this.startMs,
      durationMs: this.clock.monotonicMs() - this.startMonotonicMs,
    });
  }

  /** Ends the sampling; harmless when it never began. */
  stop(): void {
    this.session.disconnect();
  }
}

/** Adds a sampled heap of the engine to the tree: bytes by stack. */
export function addHeapProfile(tree: StackTree, profile: HeapProtocol.SamplingHeapProfile): void {
  const pending: (readonly [HeapProtocol.SamplingHeapProfileNode, StackNode])[] =
    profile.head.children.map((child) => [child, tree.root]);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, parent] = next;
    const at = tree.child(parent, frameOf(node.callFrame));
    if (node.selfSize > 0) at.add([node.selfSize]);
    for (const child of node.children) pending.push([child, at]);
  }
}
