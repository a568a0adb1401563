import { hasCode } from '../../errors/nodeError.js';
import type { BeaconAccess, Check, DoctorContext } from '../check.js';
import { derives } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';

/** The beacon node and its fallbacks: reached, and of the L1 of this chain. */
export const beaconCheck: Check = {
  name: 'beacon',
  run: async (context) => {
    const { config, beacons } = context;
    if (config.l1 === null || !derives(config)) return [];
    const [first, ...fallbacks] = beacons;
    if (first === undefined) return missing(context);
    const [main, ...others] = await Promise.all([
      mainFindings(context, first),
      ...fallbacks.map((fallback) => fallbackFindings(context, fallback)),
    ]);
    return [...(main ?? []), ...others.flat()];
  },
};

function missing({ config }: DoctorContext): readonly Finding[] {
  if (config.rollup.forks.ecotone === undefined) return [];
  const level = config.isBeaconCheckIgnored ? 'warning' : 'error';
  return [found('beacon-missing', 'There is no beacon node (--l1.beacon is empty)', level)];
}

async function mainFindings(
  context: DoctorContext,
  beacon: BeaconAccess,
): Promise<readonly Finding[]> {
  const { config, signal } = context;
  const { name, endpoint } = beacon;
  const isFixed = config.beacon?.slotDurationOverride ?? 0;
  try {
    const version = await endpoint.version(signal);
    const [genesis, seconds, chainId] = await Promise.all([
      endpoint.genesisTime(signal),
      isFixed > 0 ? BigInt(isFixed) : endpoint.secondsPerSlot(signal),
      endpoint.depositChainId(signal),
    ]);
    const expected = config.rollup.l1ChainId;
    if (chainId !== null && chainId !== expected) {
      return [
        found(
          'beacon-wrong-chain',
          `The beacon node at ${name} belongs to L1 chain ${chainId}, expected ${expected}`,
        ),
      ];
    }
    const misfit = await slotMisfit(context, { genesis, seconds });
    if (misfit !== null)
      return [
        found(
          'beacon-wrong-chain',
          `The beacon node at ${name} has other slots than L1: ${misfit}`,
        ),
      ];
    return [fine(`Beacon node at ${name} (${version}) has slots of ${seconds} s that fit L1`)];
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    const level = config.isBeaconCheckIgnored ? 'warning' : 'error';
    return [
      found(
        'beacon-unreachable',
        `The beacon node at ${name} cannot be used: ${reasonOf(thrown)}`,
        level,
      ),
    ];
  }
}

/** Why the newest L1 block is in no slot; null where it is in one, or L1 does not answer. */
async function slotMisfit(
  { l1, signal }: DoctorContext,
  { genesis, seconds }: { readonly genesis: bigint; readonly seconds: bigint },
): Promise<string | null> {
  if (seconds === 0n) return 'they last 0 s';
  const head = (await l1?.client.l1BlockRefByLabel('latest', signal).catch(() => null)) ?? null;
  if (head === null) return null;
  if (head.timestamp < genesis) return `its genesis (${genesis}) is after L1 block ${head.number}`;
  const off = (head.timestamp - genesis) % seconds;
  return off === 0n ? null : `L1 block ${head.number} is ${off} s inside a slot of ${seconds} s`;
}

/** A fallback may be an archive of blobs that knows nothing else: any answer by HTTP will do. */
async function fallbackFindings(
  { signal }: DoctorContext,
  { name, endpoint }: BeaconAccess,
): Promise<readonly Finding[]> {
  try {
    await endpoint.version(signal);
    return [fine(`Fallback for blobs at ${name} answers`)];
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    if (!hasCode(thrown, 'TRANSPORT_FAILED', 'TRANSPORT_TIMEOUT')) {
      return [fine(`Fallback for blobs at ${name} answers`)];
    }
    return [
      found(
        'beacon-fallback-unreachable',
        `The fallback for blobs at ${name} cannot be used: ${reasonOf(thrown)}`,
      ),
    ];
  }
}
