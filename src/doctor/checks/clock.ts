import { hasCode } from '../../errors/nodeError.js';
import type { BlockLabel } from '../../types/block.js';
import type { Check, DoctorContext } from '../check.js';
import { type Finding, fine, found } from '../finding.js';

/** HTTP tells whole seconds, and the answer takes its time. */
const NOTED_MS = 5_000;
/** Half of what the Engine API forgives (60 s), and of what peers forgive of a block's time. */
const HARMFUL_MS = 30_000;
/** A block may be that early: no L1 block is ever, but clocks differ a little. */
const EARLY_SEC = 15;

/** Our clock, against those of the servers of the endpoints and the times of the newest blocks. */
export const clockCheck: Check = {
  name: 'clock',
  run: async (context) => {
    const [dates, heads] = await Promise.all([dateFindings(context), headFindings(context)]);
    return [...dates, ...heads];
  },
};

async function dateFindings(context: DoctorContext): Promise<readonly Finding[]> {
  const { l1, engine, beacons, config } = context;
  const urls = [l1?.url, engine.url, beacons[0]?.url, ...(config.follow?.sources ?? [])].filter(
    (url) => url !== undefined,
  );
  // The first of each host.
  const byHost = new Map(urls.toReversed().map((url) => [new URL(url).host, url]));
  const offsets = await Promise.all([...byHost.values()].map((url) => offsetMs(context, url)));
  const told = offsets.filter((offset) => offset !== null).sort((a, b) => a - b);
  // A single server may be off itself: the middle one is believed.
  const middle = told[Math.floor((told.length - 1) / 2)];
  if (middle === undefined) return [];
  const seconds = Math.round(Math.abs(middle) / 1_000);
  if (seconds * 1_000 <= NOTED_MS)
    return [fine(`The clock agrees with ${told.length} of the endpoints' servers`)];
  const way = middle > 0 ? 'behind' : 'ahead of';
  const level = seconds * 1_000 >= HARMFUL_MS ? 'error' : 'warning';
  return [
    found(
      'clock-off',
      `The clock of this machine is ${seconds} s ${way} the servers of the endpoints`,
      level,
    ),
  ];
}

/** How far a server's clock is ahead of ours; null where it does not say. */
async function offsetMs(
  { network, clock, signal }: DoctorContext,
  url: string,
): Promise<number | null> {
  const asked = clock.nowMs();
  const time = await network.serverTime(url, signal);
  // Cut to whole seconds, half a second is missing on average.
  return time === null ? null : time + 500 - (asked + clock.nowMs()) / 2;
}

async function headFindings({
  l1,
  engine,
  clock,
  signal,
}: DoctorContext): Promise<readonly Finding[]> {
  const label: BlockLabel = 'latest';
  const heads = await Promise.all([
    timeOf('L1', l1?.client.l1BlockRefByLabel(label, signal)),
    timeOf('L2', engine.source.l2BlockRefByLabel(label, signal)),
  ]);
  return heads.flatMap((head) => {
    const early = head === null ? 0 : Number(head.timestamp) - Math.floor(clock.nowMs() / 1_000);
    return early <= EARLY_SEC
      ? []
      : [
          found(
            'clock-behind',
            `The newest ${head?.layer} block is ${early} s in the future of this machine's clock`,
          ),
        ];
  });
}

async function timeOf(
  layer: string,
  reading: Promise<{ readonly timestamp: bigint } | null> | undefined,
): Promise<{ readonly layer: string; readonly timestamp: bigint } | null> {
  try {
    const head = await reading;
    return head === undefined || head === null ? null : { layer, timestamp: head.timestamp };
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return null;
  }
}
