import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../logger.js';
import type { CpuProfiler, CpuRecording } from './cpuProfiler.js';
import type { HeapProfiler } from './heapProfiler.js';

/** What a whole run can be profiled for. */
export type ProfileType = 'cpu' | 'heap';

export interface ProfileFileOptions {
  readonly type: ProfileType;
  /** A file; or a directory, which gets one named after the type; empty is the working directory. */
  readonly path: string;
}

export interface ProfileFileDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly cpu: Pick<CpuProfiler, 'start'>;
  readonly heap: Pick<HeapProfiler, 'profile'>;
}

/** A hundred samples a second, as Go's: cheap enough for a whole run. */
const INTERVAL_MICROS = 10_000;
/** How long samples of the CPU are kept one by one. */
const FOLD_EVERY_MS = 60_000;

/**
 * Profiles a run from its start to its end, and writes the profile then. An actor, because a CPU profile of a long run is
 * added up now and then. op-node `op-service/oppprof/service.go`.
 */
export class ProfileFile {
  readonly name = 'pprof-file';
  private readonly type: ProfileType;
  private readonly path: string;
  private readonly deps: ProfileFileDeps;
  private recording: CpuRecording | null = null;

  constructor({ type, path }: ProfileFileOptions, deps: ProfileFileDeps) {
    this.type = type;
    this.path = isDirectory(path) ? join(path, `${type}.prof`) : path;
    this.deps = deps;
  }

  /** @throws NodeError TELEMETRY_PROFILE_FAILED (critical) when the file cannot be written: not only found at the end. */
  async start(): Promise<void> {
    const { log, cpu } = this.deps;
    this.write(new Uint8Array());
    if (this.type === 'cpu') this.recording = await cpu.start(INTERVAL_MICROS);
    log.info('start profiling to file', { profile_type: this.type, profile_filepath: this.path });
  }

  /** Waits until it is time to add up, and does. */
  async step(signal: AbortSignal): Promise<void> {
    await this.deps.clock.sleep(FOLD_EVERY_MS, signal);
    await this.recording?.fold();
  }

  /** Writes the profile. @throws NodeError TELEMETRY_PROFILE_FAILED. */
  async stop(): Promise<void> {
    const { log, heap } = this.deps;
    log.info('saving profile info', { profile_type: this.type, profile_filepath: this.path });
    const { recording } = this;
    this.recording = null;
    if (this.type === 'heap') this.write(await heap.profile(true));
    else if (recording !== null) this.write(await recording.finish());
  }

  private write(profile: Uint8Array): void {
    try {
      writeFileSync(this.path, profile);
    } catch (cause) {
      throw new NodeError('TELEMETRY_PROFILE_FAILED', 'profile cannot be written', {
        severity: 'critical',
        cause,
        fields: { path: this.path },
      });
    }
  }
}

/** The working directory counts, under its empty name. */
function isDirectory(path: string): boolean {
  return path === '' || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}
