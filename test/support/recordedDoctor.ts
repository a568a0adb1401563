import { type DoctorWorld, doctorContext } from './doctorContext.js';
import { FakeClock } from './fakeClock.js';
import { recordedL1Rpc } from './recordedL1Rpc.js';
import { readWorldJson, readWorldL1 } from './recordedWorld.js';

const WORLD = 'forks';

/** The recorded L1, lowest first. */
export const L1_CHAIN = readWorldL1(WORLD);
/** Its newest block. */
export const L1_HEAD = L1_CHAIN.at(-1)?.block as Readonly<Record<string, string>>;
export const ROLLUP_JSON = readWorldJson(WORLD, 'rollup.json');

/** What go-ethereum answers of the recorded L1, and that it does not sync. */
export function l1Handlers() {
  return { ...recordedL1Rpc(L1_CHAIN).handlers, eth_syncing: () => false };
}

/** A context of a node on a recorded chain, at the time of its L1 head. */
export function recordedDoctor(world: DoctorWorld = {}) {
  const { flags = [], configFiles = {}, ...rest } = world;
  return doctorContext({
    l1: l1Handlers(),
    clock: new FakeClock(Number(L1_HEAD.timestamp) * 1_000),
    flags: ['--rollup.config=world.json', ...flags],
    configFiles: { 'world.json': ROLLUP_JSON, ...configFiles },
    ...rest,
  });
}
