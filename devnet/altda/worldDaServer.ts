import { hexToBytes } from 'viem';
import type { World } from '../../conformance/world.js';
import { DaServer } from './daServer.js';

/** Starts a DA server with the inputs of a recorded world; null where its batches are on L1. */
export async function worldDaServer(world: World): Promise<DaServer | null> {
  const { commitmentKind, daInputs } = world;
  if (commitmentKind === null) return null;
  const there = daInputs.flatMap(({ commitment, input }) =>
    input === null ? [] : [[commitment, hexToBytes(input)] as const],
  );
  return DaServer.start(commitmentKind, new Map(there));
}
