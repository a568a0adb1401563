import { DerivingSimulation } from './derivingSimulation.js';
import { FollowingSimulation } from './followingSimulation.js';
import type { SimulationOptions } from './simWorld.js';

/** What a simulated node does; a seed is another run for each. */
export const SIMULATIONS = {
  'sequences and derives': (options: SimulationOptions) =>
    new DerivingSimulation({ ...options, sequences: true }),
  derives: (options: SimulationOptions) => new DerivingSimulation({ ...options, sequences: false }),
  follows: (options: SimulationOptions) => new FollowingSimulation({ ...options, mode: 'follows' }),
  'follows and verifies': (options: SimulationOptions) =>
    new FollowingSimulation({ ...options, mode: 'verifies' }),
  'follows and sequences': (options: SimulationOptions) =>
    new FollowingSimulation({ ...options, mode: 'sequences' }),
} as const;

/** From `SIMULATION_FIRST` (1), `SIMULATION_SEEDS` of them. */
export function simulationSeeds(defaultCount: number): readonly number[] {
  const { SIMULATION_FIRST = '1', SIMULATION_SEEDS = String(defaultCount) } = process.env;
  return Array.from({ length: Number(SIMULATION_SEEDS) }, (_, at) => Number(SIMULATION_FIRST) + at);
}
