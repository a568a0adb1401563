import { hexToBytes } from 'viem';
import { AltDa } from '../../src/derive/altda/altDa.js';
import type { ChallengeRecorder } from '../../src/derive/altda/ports.js';
import { SILENT_OBSERVER } from '../../src/derive/ports.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { DaInputJson } from '../recorded.js';
import type { RecordedL1 } from './recordedL1.js';

const SILENT_RECORDER: ChallengeRecorder = {
  readTo: () => undefined,
  finalTo: () => undefined,
  counted: () => undefined,
};

export interface OfflineAltDaSources {
  readonly config: RollupConfig;
  readonly l1: RecordedL1;
  readonly daInputs: readonly DaInputJson[];
}

/** What a pipeline needs of a recorded world whose batches are outside of L1; null for other worlds. */
export function offlineAltDa({ config, l1, daInputs }: OfflineAltDaSources): AltDa | null {
  const { altDa } = config;
  if (altDa === null) return null;
  const inputs = new Map(
    daInputs.map(({ commitment, input }) => [
      String(commitment),
      input === null ? null : hexToBytes(input),
    ]),
  );
  const server = { input: async ({ encoded }: { encoded: string }) => inputs.get(encoded) ?? null };
  return new AltDa(
    { config, altDa, verifyOnRead: true },
    { l1, server, recorder: SILENT_RECORDER, observer: SILENT_OBSERVER },
  );
}
