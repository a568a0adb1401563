import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { ZERO_L1_REF, ZERO_L2_REF } from '../../../../src/types/block.js';
import { forksBefore, l1Block, l2Block } from '../../../support/deriveFakes.js';
import { until } from '../../../support/until.js';
import {
  alteredBlock,
  attributesFor,
  DEPOSIT_TX,
  VerifierRig,
} from '../../../support/verifierRig.js';

const BEDROCK = { forks: forksBefore('holocene') };
const RESET = new NodeError('DERIVE_L1_REORG', 'L1 reorged', { severity: 'reset' });
const lacksL1 = { kind: 'needL1', number: 31n } as const;

let rig: VerifierRig;
afterEach(() => {
  rig.stop.abort();
  expect(rig.failure).toBeNull();
});

/** Long enough for whatever is going to happen. */
async function turns(): Promise<void> {
  for (let i = 0; i < 60; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Blocks up to 4 verified, block 5 altered and followed. */
function lied(config: ConstructorParameters<typeof VerifierRig>[0] = {}, finalized = 2) {
  rig = new VerifierRig(config).chainUpTo(4, { finalized });
  rig.hold(alteredBlock(5)).follow(5);
  rig.script.push(...[3, 4, 5].map((number) => attributesFor(number)));
  return rig;
}

describe('FollowVerifier', () => {
  it('verifies each followed block from the finalized head on', async () => {
    rig = new VerifierRig().chainUpTo(5, { finalized: 2 });
    rig.script.push(...[3, 4, 5].map((number) => attributesFor(number)));
    rig.run();
    await until(() => rig.verified === 5n);
    await turns();
    expect(rig.parents).toEqual([2n, 3n, 4n, 5n]);
    expect(rig.targets).toEqual([]);
    expect(rig.counts).toEqual({ refuted: 0, replaced: 0, startedOver: 0 });
  });

  it('begins at genesis where nothing is finalized', async () => {
    rig = new VerifierRig().chainUpTo(3);
    rig.heads.set({ ...rig.heads.get(), finalized: ZERO_L2_REF });
    rig.script.push(attributesFor(1));
    rig.run();
    await until(() => rig.verified === 1n);
    expect(rig.parents[0]).toBe(0n);
  });

  it('waits for the head of L1', async () => {
    rig = new VerifierRig().chainUpTo(3);
    rig.labels.set({ head: ZERO_L1_REF, finalized: ZERO_L1_REF });
    rig.run();
    await turns();
    expect(rig.verified).toBeNull();
    rig.labels.set({ head: l1Block(30), finalized: l1Block(15) });
    await until(() => rig.verified === 0n);
  });

  it('waits for the heads and for the end of the initial sync', async () => {
    rig = new VerifierRig().chainUpTo(3);
    const heads = rig.heads.get();
    rig.heads.set({ ...heads, unsafe: ZERO_L2_REF });
    rig.run();
    await turns();
    expect(rig.verified).toBeNull();
    rig.heads.set({ ...heads, elSync: 'started' });
    await turns();
    expect(rig.verified).toBeNull();
    rig.heads.set({ ...heads, elSync: 'finished' });
    await until(() => rig.verified === 0n);
  });

  it('waits with attributes for a block that is not followed yet, although we have it', async () => {
    rig = new VerifierRig().chainUpTo(3, { localSafe: 1 });
    rig.script.push(attributesFor(1), attributesFor(2));
    rig.run();
    await turns();
    expect(rig.verified).toBe(1n);
    rig.follow(2);
    await until(() => rig.verified === 2n);
  });

  it('leaves followed blocks alone that L1 does not tell of yet, and goes on with L1', async () => {
    rig = new VerifierRig().chainUpTo(5);
    rig.script.push(attributesFor(1), lacksL1);
    rig.run();
    await until(() => rig.verified === 1n);
    await turns();
    expect(rig.parents).toEqual([0n, 1n]);
    expect(rig.targets).toEqual([]);
    rig.script.push(attributesFor(2));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.verified === 2n);
  });

  it('tries again while a followed block is missing', async () => {
    rig = new VerifierRig().chainUpTo(1).follow(2);
    rig.script.push(attributesFor(1), attributesFor(2));
    rig.run();
    await until(() => rig.errors.length > 1);
    expect(rig.errors[0]?.code).toBe('VERIFY_BLOCK_MISSING');
    rig.hold({ ref: l2Block(2), transactions: [DEPOSIT_TX, '0x02aa'] });
    await until(() => rig.verified === 2n);
  });

  it('ends the node with what is critical to the pipeline', async () => {
    rig = new VerifierRig().chainUpTo(1);
    const error = new NodeError('DERIVE_DEPOSITS_INVALID', 'deposits', { severity: 'critical' });
    rig.script.push(error);
    rig.run();
    await until(() => rig.failure !== null);
    expect(rig.failure).toBe(error);
    rig.failure = null;
  });
});

describe('a refuted block', () => {
  it('is published first, then the engine returns to the last verified block', async () => {
    lied().run();
    await until(() => rig.targets.length === 1);
    await turns();
    expect(rig.refutedThen).toEqual([{ hash: alteredBlock(5).ref.hash, number: 5n }]);
    expect(rig.targets).toEqual([
      {
        localSafe: l2Block(4),
        safe: l2Block(4),
        finalized: null,
        currentL1: null,
        mayReplaceSafe: true,
        dropsUnsafe: true,
      },
    ]);
    expect(rig.verified).toBe(4n);
    expect(rig.counts.refuted).toBe(1);
    expect(rig.log.messages('error')).toHaveLength(1);
    expect(rig.log.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      refuted: { number: 5n, hash: alteredBlock(5).ref.hash },
      verified: { number: 4n, hash: l2Block(4).hash },
      reason: 'transactions differ',
    });
  });

  it('does not raise a safe head that was below', async () => {
    lied();
    rig.heads.set({ ...rig.heads.get(), safe: l2Block(3) });
    rig.run();
    await until(() => rig.targets.length === 1);
    expect(rig.targets[0]).toMatchObject({ localSafe: l2Block(4), safe: l2Block(3) });
  });

  it('is forgotten once the corrected chain is verified past it', async () => {
    lied().run();
    await until(() => rig.targets.length === 1);
    await turns();
    rig.hold({ ref: l2Block(5), transactions: [DEPOSIT_TX, '0x02aa'] }).follow(5);
    await until(() => rig.verified === 5n);
    expect(rig.actor.refuted.get()).toBeNull();
    expect(rig.targets).toHaveLength(1);
  });

  it('is refuted again, but counted once, where a late target brought it back', async () => {
    lied().run();
    await until(() => rig.targets.length === 1);
    await turns();
    rig.follow(5);
    await until(() => rig.targets.length === 2);
    expect(rig.counts.refuted).toBe(1);
    expect(rig.heads.get().localSafe).toEqual(l2Block(4));
  });

  it.each([
    { kind: 'superseded' } as const,
    { kind: 'ok', value: { kind: 'refused', reason: 'not now' } } as const,
    { kind: 'ok', value: { kind: 'syncing', target: l2Block(4).hash } } as const,
    { kind: 'failed', error: RESET } as const,
  ])('is left in another try after the engine settled %o', async (settled) => {
    lied();
    rig.settles.push(settled);
    rig.run();
    await until(() => rig.targets.length === 2);
    await turns();
    expect(rig.errors.map(({ code }) => code)).toEqual(['VERIFY_NOT_RETURNED']);
    expect(rig.counts).toMatchObject({ refuted: 1, startedOver: 0 });
    expect(rig.targets).toHaveLength(2);
  });

  it('at or below the finalized head ends the node', async () => {
    lied();
    rig.onCompare = () => {
      rig.heads.set({ ...rig.heads.get(), finalized: alteredBlock(5).ref });
    };
    rig.run();
    await until(() => rig.failure !== null);
    const { code, severity, message } = rig.failure as NodeError;
    rig.failure = null;
    expect([code, severity]).toEqual(['VERIFY_FINALIZED_REFUTED', 'critical']);
    expect(message).toContain(`block 5 (${alteredBlock(5).ref.hash})`);
    expect(message).toContain(`verified block 4 (${l2Block(4).hash})`);
    expect(rig.targets).toEqual([]);
  });
});

describe('a difference', () => {
  it('that a second look does not show is none', async () => {
    lied();
    let compared = 0;
    rig.onCompare = () => {
      compared += 1;
      // Block 5: the first look, its deposits alone, then the second.
      if (compared === 5) {
        rig.hold({ ref: l2Block(5), transactions: [DEPOSIT_TX, '0x02aa'] }).follow(5);
      }
    };
    rig.run();
    await until(() => rig.verified === 5n);
    expect(rig.targets).toEqual([]);
    expect(rig.counts.refuted).toBe(0);
  });

  it('that was a wrong answer about the same block is none', async () => {
    rig = new VerifierRig().chainUpTo(2);
    rig.misread.add(1n);
    rig.script.push(attributesFor(1), attributesFor(2));
    rig.run();
    await until(() => rig.verified === 2n);
    expect(rig.targets).toEqual([]);
    expect(rig.counts.refuted).toBe(0);
  });

  it('on a chain that has left the verified block starts over', async () => {
    lied();
    rig.onCompare = () => {
      if (rig.verified === 4n) rig.hold(alteredBlock(4));
    };
    rig.run();
    await until(() => rig.counts.startedOver === 1);
    await turns();
    expect(rig.targets).toEqual([]);
    expect(rig.counts.refuted).toBe(0);
    expect(rig.parents.at(-1)).toBe(2n);
    expect(rig.resets).toBe(2);
  });

  it('from an L1 block that is gone starts over', async () => {
    lied();
    rig.l1Forks.set(20n, l1Block(20, { hash: l1Block(99).hash }));
    rig.run();
    await until(() => rig.counts.startedOver === 1);
    await turns();
    expect(rig.targets).toEqual([]);
    expect(rig.parents.at(-1)).toBe(2n);
  });

  it('waits while our execution layer is not on the followed chain', async () => {
    lied();
    rig.heads.set({ ...rig.heads.get(), localSafe: l2Block(9) });
    rig.run();
    await until(() => rig.errors.length > 0);
    expect(rig.errors[0]?.code).toBe('VERIFY_BLOCK_MISSING');
    expect(rig.targets).toEqual([]);
  });

  it('that is the deposits alone is taken as the replacement of an invalid batch', async () => {
    rig = new VerifierRig().chainUpTo(5);
    rig.hold({ ref: l2Block(1), transactions: [DEPOSIT_TX] });
    rig.script.push(attributesFor(1), attributesFor(2));
    rig.run();
    await until(() => rig.verified === 2n);
    expect(rig.flushed).toEqual([l2Block(0)]);
    expect(rig.counts).toEqual({ refuted: 0, replaced: 1, startedOver: 0 });
    expect(rig.log.messages('warn')).toEqual([
      'Followed block replaces an invalid batch, which is not verified',
    ]);
  });

  it('before Holocene is explained by another batch for the block, from where the last one ended', async () => {
    rig = new VerifierRig(BEDROCK).chainUpTo(5);
    rig.hold({ ref: l2Block(3), transactions: [DEPOSIT_TX, '0x02cc'] });
    const other = [DEPOSIT_TX, '0x02cc'];
    rig.script.push(
      attributesFor(1),
      attributesFor(2, { concluding: false }),
      attributesFor(3, { concluding: false }),
      { kind: 'advanced', newOrigin: l1Block(21) },
      attributesFor(2, { from: 21 }),
      attributesFor(3, { from: 21, transactions: other }),
      attributesFor(4, { from: 21 }),
    );
    rig.run();
    await until(() => rig.verified === 4n);
    expect(rig.parents.slice(0, 7)).toEqual([0n, 1n, 2n, 1n, 1n, 2n, 3n]);
    expect(rig.counts).toEqual({ refuted: 0, replaced: 1, startedOver: 0 });
    expect(rig.targets).toEqual([]);
  });

  it.each([
    ['has not been told of', (): void => undefined, 32],
    ['cannot read', () => rig.labels.set({ head: l1Block(32), finalized: l1Block(15) }), 33],
  ])(
    'before Holocene is not refuted by what the source knows of an L1 that it %s',
    async (_, tell, head) => {
      rig = new VerifierRig(BEDROCK).chainUpTo(5);
      rig.hold({ ref: l2Block(3), transactions: [DEPOSIT_TX, '0x02cc'] });
      rig.heads.set({ ...rig.heads.get(), currentL1: l1Block(32) });
      tell();
      const another = attributesFor(3, { from: 32, transactions: [DEPOSIT_TX, '0x02cc'] });
      rig.script.push(
        ...[attributesFor(1), attributesFor(2), attributesFor(3)],
        ...([
          { kind: 'advanced', newOrigin: l1Block(31) },
          { kind: 'needL1', number: 32n },
        ] as const),
        ...([{ kind: 'advanced', newOrigin: l1Block(32) }, another] as const),
      );
      rig.run();
      await turns();
      expect(rig.verified).toBe(2n);
      rig.labels.set({ head: l1Block(head), finalized: l1Block(15) });
      await until(() => rig.verified === 3n);
      expect(rig.counts).toEqual({ refuted: 0, replaced: 1, startedOver: 0 });
    },
  );

  it('before Holocene is not refuted by an L1 that is behind what it was', async () => {
    rig = new VerifierRig(BEDROCK).chainUpTo(5);
    rig.hold({ ref: l2Block(3), transactions: [DEPOSIT_TX, '0x02cc'] });
    rig.labels.set({ head: l1Block(32), finalized: l1Block(15) });
    const isBehind = () => rig.labels.set({ head: l1Block(30), finalized: l1Block(15) });
    rig.onCompare = isBehind;
    const another = attributesFor(3, { from: 32, transactions: [DEPOSIT_TX, '0x02cc'] });
    rig.script.push(
      ...[attributesFor(1), attributesFor(2), attributesFor(3), lacksL1],
      ...([{ kind: 'advanced', newOrigin: l1Block(32) }, another] as const),
    );
    rig.run();
    await turns();
    expect(rig.verified).toBe(2n);
    rig.labels.set({ head: l1Block(32), finalized: l1Block(15) });
    await until(() => rig.verified === 3n);
    expect(rig.counts).toEqual({ refuted: 0, replaced: 1, startedOver: 0 });
  });

  it.each([
    ['no more L1', lacksL1],
    ['the L1 that was known then is read', { kind: 'advanced', newOrigin: l1Block(31) } as const],
  ])('before Holocene is refuted when %s', async (_, end) => {
    lied(BEDROCK);
    // A later batch with the followed block comes too late to explain it.
    const late = attributesFor(5, { transactions: alteredBlock(5).transactions });
    rig.script.push({ kind: 'advanced', newOrigin: l1Block(30) }, end, late);
    rig.run();
    await until(() => rig.targets.length === 1);
    await turns();
    expect(rig.targets[0]?.localSafe).toEqual(l2Block(4));
    expect(rig.counts).toEqual({ refuted: 1, replaced: 0, startedOver: 0 });
    // What the pipeline has passed is derived again, for the corrected chain.
    expect(rig.parents.slice(-3)).toEqual([4n, 4n, 4n]);
    expect(rig.resets).toBe(2);
  });

  it('before Holocene is forgotten where our chain has left it: its batch may be that of the block there is now', async () => {
    rig = new VerifierRig(BEDROCK).chainUpTo(5, { finalized: 0 });
    rig.hold(alteredBlock(1));
    const empty = attributesFor(1, { from: 21, transactions: [DEPOSIT_TX] });
    rig.script.push(attributesFor(1), { kind: 'needL1', number: 21n });
    rig.run();
    await turns();
    rig.hold({ ref: l2Block(1), transactions: [DEPOSIT_TX, '0x02aa'] }).follow(5, 1);
    rig.script.push(empty, attributesFor(1), attributesFor(2));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.verified === 2n);
    expect(rig.counts).toEqual({ refuted: 0, replaced: 0, startedOver: 1 });
    expect(rig.failure).toBeNull();
  });

  it('before Holocene is the one refuted where no further batch comes, not the block that its batch began with', async () => {
    rig = new VerifierRig(BEDROCK).chainUpTo(5);
    rig.hold(alteredBlock(3));
    rig.script.push(
      ...[attributesFor(1), attributesFor(2, { concluding: false }), attributesFor(3)],
      attributesFor(2, { from: 21, transactions: [DEPOSIT_TX] }),
    );
    rig.run();
    await until(() => rig.targets.length === 1);
    expect(rig.targets[0]?.localSafe).toEqual(l2Block(2));
    expect(rig.refutedThen[0]).toEqual({ hash: alteredBlock(3).ref.hash, number: 3n });
  });

  it('before Holocene is refuted at once where no batch is involved', async () => {
    rig = new VerifierRig(BEDROCK).chainUpTo(0);
    rig.hold(alteredBlock(1)).follow(1);
    rig.script.push(attributesFor(1, { transactions: [DEPOSIT_TX] }));
    rig.run();
    await until(() => rig.targets.length === 1);
    expect(rig.parents).toEqual([0n]);
  });
});

describe('starting over', () => {
  it('goes back to the finalized head that is verified', async () => {
    rig = new VerifierRig().chainUpTo(5, { finalized: 1 });
    rig.script.push(attributesFor(2), attributesFor(3), attributesFor(4));
    rig.run();
    await until(() => rig.verified === 4n);
    await turns();
    rig.follow(5, 3);
    rig.script.push(RESET, attributesFor(4), attributesFor(5));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.verified === 5n);
    expect(rig.parents.slice(0, 7)).toEqual([1n, 2n, 3n, 4n, 4n, 3n, 4n]);
    expect(rig.errors.map(({ code, severity }) => [code, severity])).toEqual([
      ['DERIVE_L1_REORG', 'temporary'],
    ]);
    expect(rig.counts.startedOver).toBe(1);
  });

  it('leaves out no block that was finalized before it was verified', async () => {
    rig = new VerifierRig().chainUpTo(5, { finalized: 1 });
    rig.script.push(attributesFor(2), attributesFor(3));
    rig.run();
    await until(() => rig.verified === 3n);
    await turns();
    rig.follow(5, 5);
    rig.script.push(RESET, attributesFor(4));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.verified === 4n);
    expect(rig.parents.slice(0, 5)).toEqual([1n, 2n, 3n, 3n, 3n]);
  });

  it('goes back to the last final verified block where the verified chain was left', async () => {
    rig = new VerifierRig().chainUpTo(5, { finalized: 1 });
    rig.script.push(attributesFor(2), attributesFor(3));
    rig.run();
    await until(() => rig.verified === 3n);
    await turns();
    rig.follow(5, 2).script.push(attributesFor(4));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.verified === 4n);
    await turns();
    rig.hold(alteredBlock(4)).follow(5, 5);
    rig.script.push(RESET);
    rig.labels.set({ head: l1Block(32), finalized: l1Block(15) });
    await until(() => rig.counts.startedOver === 1);
    await turns();
    expect(rig.parents.at(-1)).toBe(2n);
  });

  it('drops the refuted block when L1 has reorged under it', async () => {
    lied().run();
    await until(() => rig.targets.length === 1);
    await turns();
    expect(rig.actor.refuted.get()).not.toBeNull();
    rig.l1Forks.set(20n, l1Block(20, { hash: l1Block(99).hash }));
    rig.labels.set({ head: l1Block(31), finalized: l1Block(15) });
    await until(() => rig.counts.startedOver === 1);
    expect(rig.actor.refuted.get()).toBeNull();
  });
});
