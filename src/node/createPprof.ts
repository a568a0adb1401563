import type { PprofConfig } from '../../config/nodeConfig.js';
import type { Actor } from '../runtime/actor.js';
import type { Component } from '../runtime/supervisor.js';
import { component } from '../runtime/supervisor.js';
import { CpuProfiler } from '../telemetry/pprof/cpuProfiler.js';
import { HeapProfiler } from '../telemetry/pprof/heapProfiler.js';
import { ProfileFile } from '../telemetry/pprof/profileFile.js';
import { ProfileServer } from '../telemetry/pprof/profileServer.js';
import type { NodeDeps } from './nodeDeps.js';

/** What profiles the node; started first and stopped last, so that a profile of the run has all of it. */
export interface PprofParts {
  readonly component: Component;
  readonly actors: readonly Actor[];
}

/** The server of profiles, the profile of the run, or both. */
export function createPprof(config: PprofConfig, { clock, log }: NodeDeps): PprofParts {
  const cpu = new CpuProfiler(clock);
  const heap = new HeapProfiler(clock);
  const deps = { clock, log, cpu, heap };
  const { isEnabled, addr, port, type, path } = config;
  const server = isEnabled ? new ProfileServer({ host: addr, port }, deps) : null;
  const file = type === null ? null : new ProfileFile({ type, path }, deps);
  return {
    component: component('pprof', {
      start: async () => {
        if (isEnabled || type === 'heap') await heap.start();
        await file?.start();
        await server?.start();
      },
      stop: async () => {
        await server?.stop();
        await file?.stop();
        heap.stop();
      },
    }),
    actors: file === null ? [] : [file],
  };
}
