import type { World } from '../../conformance/world.js';

/** A method that is measured, with the parameters that are asked in turn. */
export interface Question {
  readonly method: string;
  readonly params: readonly (readonly unknown[])[];
}

/** Blocks that a question is asked for, spread over the chain: who asks in earnest never asks for one only. */
const BLOCKS = 64;

const WITHOUT_PARAMS = [
  'optimism_syncStatus',
  'optimism_rollupConfig',
  'optimism_dependencySet',
  'optimism_version',
  'admin_sequencerActive',
  'admin_conductorEnabled',
  'opp2p_self',
  'opp2p_peerStats',
  'opp2p_discoveryTable',
  'opp2p_listBlockedPeers',
  'opp2p_listBlockedAddrs',
  'opp2p_listBlockedSubnets',
] as const;

/** Every method that reads and that op-node has as well. A fault is an answer as any other: not every chain has all. */
export function rpcQuestions(world: World): readonly Question[] {
  const { finalized_l2, head_l1 } = world.status;
  return [
    { method: 'optimism_outputAtBlock', params: numbersTo(finalized_l2.number) },
    { method: 'optimism_safeHeadAtL1Block', params: numbersTo(head_l1.number) },
    ...WITHOUT_PARAMS.map((method) => ({ method, params: [[]] })),
    { method: 'opp2p_peers', params: [[true]] },
  ];
}

function numbersTo(last: number): readonly [string][] {
  return Array.from({ length: BLOCKS }, (_, i) => [
    `0x${Math.ceil((last * (i + 1)) / BLOCKS).toString(16)}`,
  ]);
}

/** A request of one call, or of so many in a batch, for each of the parameters. */
export function bodiesOf({ method, params }: Question, calls: number): readonly string[] {
  const call = (id: number, of: readonly unknown[]): object => ({
    ...{ jsonrpc: '2.0', id, method, params: of },
  });
  if (calls === 1) return params.map((of) => JSON.stringify(call(1, of)));
  return params.map((_, first) => {
    const batch = Array.from({ length: calls }, (_, i) =>
      call(i + 1, params[(first + i) % params.length] ?? []),
    );
    return JSON.stringify(batch);
  });
}
