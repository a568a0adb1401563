import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadOfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import type { RecordedL1 } from '../../../conformance/offline/recordedL1.js';
import { RecordedL2 } from '../../../conformance/offline/recordedL2.js';
import { World } from '../../../conformance/world.js';
import { DerivationPipeline } from '../../../src/derive/pipeline.js';
import { SILENT_OBSERVER } from '../../../src/derive/ports.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { NEVER } from '../../support/deriveFakes.js';
import { NO_TURN } from '../../support/sliced.js';

const folder = new World(
  fileURLToPath(new URL('../../../conformance/worlds/reorg', import.meta.url)),
);

type Call = Exclude<keyof RecordedL1, 'head' | 'extend' | 'l1BlockRefByNumber'>;

const failure = (code: 'L1_BLOBS_UNAVAILABLE' | 'TRANSPORT_TIMEOUT' | 'L1_RECEIPTS_INVALID') =>
  new NodeError(code, 'gone wrong', { severity: 'temporary', fields: { detail: 1 } });

/** What a source answers about one block: a failure, or null. */
interface Fault {
  readonly block: number;
  readonly call: Call;
  readonly answer: NodeError | null;
}

/** The recorded reorg, derived up to L1 block 28; block 29 is on two branches. */
async function rig() {
  const world = loadOfflineWorld(folder);
  const { config, l1Config, l1 } = world;
  l1.head = 28n;
  let fault: Fault | null = null;
  const faulty = new Proxy(l1, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        const [of] = args as [L1BlockRef | string];
        const { hash } = typeof of === 'object' ? of : { hash: of };
        const ref = fault?.call === key ? await l1.l1BlockRefByHash(hash as `0x${string}`) : null;
        if (fault === null || Number(ref?.number) !== fault.block) {
          return Reflect.apply(value, target, args);
        }
        if (fault.answer !== null) throw fault.answer;
        return null;
      };
    },
  });
  const l2 = new RecordedL2(config);
  const pipeline = new DerivationPipeline(
    { config, l1Config },
    {
      l1: faulty,
      blobs: faulty,
      altDa: null,
      l2,
      observer: SILENT_OBSERVER,
      turn: NO_TURN,
      canonical: l1.canonical,
    },
  );
  pipeline.confirmEngineReset();
  let safeHead: L2BlockRef = l2.genesis;
  /** Steps until L1 ends. */
  const derive = async (): Promise<void> => {
    for (;;) {
      const result = await pipeline.step(safeHead, NEVER);
      if (result.kind === 'needL1') return;
      if (result.kind !== 'attributes') continue;
      const line = world.derived[Number(safeHead.number)];
      if (line === undefined) throw new Error('more attributes than recorded');
      safeHead = l2.append(line);
    }
  };
  await derive();
  const arm = (next: Fault | null): void => {
    fault = next;
  };
  return { l1, l2, pipeline, derive, arm };
}

describe('data of an L1 block that cannot be had', () => {
  const faults: readonly (readonly [string, Fault])[] = [
    [
      'blobs that no endpoint gives',
      { block: 29, call: 'blobsByHash', answer: failure('L1_BLOBS_UNAVAILABLE') },
    ],
    ['blobs that every endpoint lacks', { block: 29, call: 'blobsByHash', answer: null }],
    [
      'transactions that time out',
      { block: 29, call: 'l1TransactionsByHash', answer: failure('TRANSPORT_TIMEOUT') },
    ],
    [
      'transactions of a block that is not known',
      { block: 29, call: 'l1TransactionsByHash', answer: null },
    ],
  ];

  it.each(faults)('is waited for while the block is canonical: %s', async (_, fault) => {
    const { l1, pipeline, derive, arm } = await rig();
    arm(fault);
    l1.head = 29n;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(derive()).rejects.toMatchObject({
        severity: 'temporary',
        fields: { derivingFrom: { number: 29n }, onL1: 'canonical' },
      });
      expect(pipeline.origin.number).toBe(29n);
    }
    arm(null);
    await derive();
    expect(pipeline.origin.number).toBe(29n);
  });

  it.each(faults)('is a reason to start over once the block is not: %s', async (_, fault) => {
    const { l1, derive, arm } = await rig();
    arm(fault);
    l1.head = 29n;
    await expect(derive()).rejects.toMatchObject({ severity: 'temporary' });
    l1.extend(folder.l1Fork('depth1'));
    await expect(derive()).rejects.toMatchObject({ code: 'DERIVE_L1_REORG', severity: 'reset' });
  });

  it('is not waited for where it is of a block that was never taken', async () => {
    const { l1, pipeline, derive, arm } = await rig();
    arm({ block: 29, call: 'l1ReceiptsByHash', answer: failure('L1_RECEIPTS_INVALID') });
    l1.head = 29n;
    await expect(derive()).rejects.toMatchObject({
      code: 'L1_RECEIPTS_INVALID',
      fields: { derivingFrom: { number: 28n }, onL1: 'canonical' },
    });
    arm(null);
    l1.extend(folder.l1Fork('depth1').slice(0, 1));
    await derive();
    expect(pipeline.origin).toMatchObject({ number: 29n, hash: l1.canonical.head().hash });
  });

  it('is a reason to start over where the pipeline starts from a block that has left the chain', async () => {
    const { l1, l2, pipeline, arm } = await rig();
    l1.head = 29n;
    const old = l1.canonical.head();
    const safeHead: L2BlockRef = { ...l2.genesis, l1Origin: old };
    arm({ block: 29, call: 'l1BlockRefByHash', answer: null });
    const start = async () => {
      pipeline.reset();
      pipeline.confirmEngineReset();
      await pipeline.step(safeHead, NEVER);
    };
    await expect(start()).rejects.toMatchObject({
      code: 'DERIVE_L1_UNAVAILABLE',
      severity: 'temporary',
      fields: { derivingFrom: { number: 29n }, onL1: 'canonical' },
    });
    l1.extend(folder.l1Fork('depth1'));
    await expect(start()).rejects.toMatchObject({ code: 'DERIVE_L1_REORG', severity: 'reset' });
  });
});
