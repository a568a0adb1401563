import type { EngineKind } from '../devnet/engines.js';
import { rpc } from '../devnet/rpcClient.js';
import type { BuiltBlock } from './builtBlocks.js';
import { addEqual, compareGolden, compareOutputs, compareStatus } from './compareAnswers.js';
import { isActive } from './payload.js';
import type { DerivedEntry, SafeHeadEntry } from './recorded.js';
import type { Report } from './report.js';
import type { World } from './world.js';

export interface DerivedNode {
  readonly url: string;
  /** What it had its execution client build; null where that cannot be known. */
  readonly built: readonly BuiltBlock[] | null;
  /** What execution client it had; op-geth unless given. */
  readonly engine?: EngineKind;
}

/** Holds a node that derived the world to rest against everything recorded from op-node in that place. */
export async function compareDerive(
  world: World,
  { url, built, engine = 'op-geth' }: DerivedNode,
  report: Report,
): Promise<void> {
  if (built !== null) {
    await report.section(`${world.name}: derived.jsonl.gz`, async () =>
      compareBuilt(world, built, engine, report),
    );
  }
  await report.section(`${world.name}: sync-status.json`, () =>
    compareStatus(world.status, url, report),
  );
  await report.section(`${world.name}: safe-heads.json`, () =>
    compareSafeHeads(world.safeHeads, url, report),
  );
  await report.section(`${world.name}: outputs.jsonl.gz`, () =>
    compareOutputs(world.outputs, url, report),
  );
  await report.section(`${world.name}: golden.jsonl`, () =>
    compareGolden(world.golden, url, report),
  );
}

/** From Karst on op-geth, on its genesis here, serves V4 of this method alone, op-reth V5: either was recorded. */
function getPayloadOf({ rollup }: World, line: DerivedEntry, engine: EngineKind): string {
  const isKarst = isActive(rollup.karst_time, Number(line.attributes.timestamp));
  if (!isKarst) return line.getPayload;
  return engine === 'op-geth' ? 'engine_getPayloadV4' : 'engine_getPayloadV5';
}

/** Every block in order: place, hash, parent, method versions, each field of the attributes, and no block beyond. */
function compareBuilt(
  world: World,
  built: readonly BuiltBlock[],
  engine: EngineKind,
  report: Report,
): void {
  world.derived.forEach((line, index) => {
    const { number, hash, parent, method, attributes } = line;
    const getPayload = getPayloadOf(world, line, engine);
    const want = { number, hash, parent, method, getPayload, attributes };
    addEqual(`built block ${index + 1}`, want, built[index], report);
  });
  for (const extra of built.slice(world.derived.length)) {
    addEqual('block that op-node did not build', undefined, extra, report);
  }
}

/** `optimism_safeHeadAtL1Block` at every recorded L1 height; where op-node had no answer there must be none. */
export async function compareSafeHeads(
  entries: readonly SafeHeadEntry[],
  url: string,
  report: Report,
): Promise<void> {
  for (const { l1, answer } of entries) {
    const got = await rpc<unknown>(url, 'optimism_safeHeadAtL1Block', [
      `0x${l1.toString(16)}`,
    ]).catch(() => 'no answer');
    const want = answer.safeHead === undefined ? 'no answer' : answer;
    addEqual(`safe head at L1 block ${l1}`, want, got, report);
  }
}
