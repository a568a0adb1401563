import { type Fork, isActive } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';

/** The Engine API methods for blocks of one time. */
export interface BlockMethods {
  /** With attributes; without them it is V3 at any time. */
  readonly forkchoiceUpdated: 'V1' | 'V2' | 'V3';
  readonly newPayload: 'V2' | 'V3' | 'V4';
  /** What the fork wants first; then what an execution client may have in its place. */
  readonly getPayload: readonly [PayloadVersion, ...PayloadVersion[]];
}

export type PayloadVersion = 'V2' | 'V3' | 'V4' | 'V5';

/**
 * Since which fork which methods hold, newest first; V2 of the forkchoice would do before Canyon too, but execution
 * clients refuse it there. Karst has Osaka's getPayload, whose answer has the shape of V4's; op-geth without
 * Osaka in its genesis answers V5 with -38005 there, op-reth V4.
 * Spec: exec-engine, "Engine API"; op-node `rollup/types.go` ForkchoiceUpdatedVersion and the two after it.
 */
const METHODS: readonly (BlockMethods & { readonly since: Fork | null })[] = [
  { since: 'karst', forkchoiceUpdated: 'V3', newPayload: 'V4', getPayload: ['V5', 'V4'] },
  { since: 'isthmus', forkchoiceUpdated: 'V3', newPayload: 'V4', getPayload: ['V4'] },
  { since: 'ecotone', forkchoiceUpdated: 'V3', newPayload: 'V3', getPayload: ['V3'] },
  { since: 'canyon', forkchoiceUpdated: 'V2', newPayload: 'V2', getPayload: ['V2'] },
  { since: null, forkchoiceUpdated: 'V1', newPayload: 'V2', getPayload: ['V2'] },
];

type Config = Pick<RollupConfig, 'forks'>;

/** The methods for a block of this time. */
export function blockMethods(config: Config, timestamp: bigint): BlockMethods {
  const row = METHODS.find(({ since }) => since === null || isActive(config, since, timestamp));
  if (row === undefined) throw new RangeError('the last row holds at any time');
  return row;
}

/** What a scheduled fork needs of an execution client. */
export interface ForkMethods {
  readonly fork: Fork;
  /** L2 time of its activation. */
  readonly time: bigint;
  /** Full names, what the fork wants; without those that a fork before it needs too. */
  readonly wanted: readonly string[];
  /** Full name of what is asked where the fork's own `getPayload` is not there; null where nothing is. */
  readonly instead: string | null;
}

/** The scheduled forks that change methods, in order of their activation. */
export function scheduledMethods(config: Config): readonly ForkMethods[] {
  const seen = new Set<string>();
  const rows: ForkMethods[] = [];
  for (const { since, forkchoiceUpdated, newPayload, getPayload } of METHODS.toReversed()) {
    const time = since === null ? undefined : config.forks[since];
    if (since === null || time === undefined) continue;
    const [best, next] = getPayload;
    const names = [
      `engine_forkchoiceUpdated${forkchoiceUpdated}`,
      `engine_newPayload${newPayload}`,
      `engine_getPayload${best}`,
    ];
    const wanted = names.filter((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    rows.push({
      fork: since,
      time,
      wanted,
      instead: next === undefined ? null : `engine_getPayload${next}`,
    });
  }
  return rows;
}

/** Every method that this node may call, for `engine_exchangeCapabilities`. */
export const OUR_METHODS: readonly string[] = [
  ...new Set([
    'engine_forkchoiceUpdatedV3',
    ...METHODS.flatMap(({ forkchoiceUpdated, newPayload, getPayload }) => [
      `engine_forkchoiceUpdated${forkchoiceUpdated}`,
      `engine_newPayload${newPayload}`,
      ...getPayload.map((version) => `engine_getPayload${version}`),
    ]),
  ]),
].sort();
