import { expect, it } from 'vitest';
import { OUTPUT_VERSION_V0, outputRootV0 } from '../../../src/rollup/outputRoot.js';
import type { Hash } from '../../../src/types/block.js';
import { readWorldLines } from '../../support/recordedWorld.js';

it.each(['forks', 'adversarial'])('outputRootV0 gives every recorded output of %s', (world) => {
  for (const line of readWorldLines(world, 'outputs.jsonl.gz')) {
    const root = outputRootV0({
      stateRoot: line.stateRoot as Hash,
      messagePasserStorageRoot: line.withdrawalStorageRoot as Hash,
      blockHash: (line.blockRef as { hash: Hash }).hash,
    });
    expect(root).toBe(line.outputRoot);
    expect(line.version).toBe(OUTPUT_VERSION_V0);
  }
});
