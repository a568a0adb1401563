import { describe, expect, it } from 'vitest';
import type { Commitment } from '../../../../src/derive/altda/commitment.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import {
  AltDaRig,
  altDaConfig,
  commitmentData,
  inputNamed,
  keccakCommitment,
} from '../../../support/altDaRig.js';
import { seededRandom } from '../../../support/seededRandom.js';

const SEEDS = 60;
const BASE = 1;
const BLOCKS = 24;

/** One commitment as the model sees it. */
interface Told {
  readonly name: string;
  readonly commitment: Commitment;
  readonly block: number;
  readonly challengedAt: number | null;
  readonly resolvedAt: number | null;
  readonly isOnServer: boolean;
}

interface Scene {
  readonly challengeWindow: number;
  readonly resolveWindow: number;
  readonly told: readonly Told[];
}

/** A chain of commitments: some challenged, some of these resolved, some of these not on the server. */
function makeScene(seed: number): Scene {
  const random = seededRandom(seed);
  const upTo = (n: number): number => Math.floor(random() * n);
  const challengeWindow = 1 + upTo(6);
  const resolveWindow = 1 + upTo(6);
  const told: Told[] = [];
  for (let block = BASE + 1; block <= BLOCKS; block++) {
    for (let count = upTo(3); count > 0; count--) {
      const name = `${block}.${count}`;
      const isChallenged = random() < 0.4;
      const challengedAt = isChallenged ? block + upTo(challengeWindow + 1) : null;
      const isResolved = challengedAt !== null && random() < 0.5;
      const resolvedAt = isResolved ? challengedAt + upTo(resolveWindow) : null;
      // Without it on the server a chain stands still unless somebody challenges it.
      const isOnServer = !isChallenged || random() < 0.5;
      const commitment = keccakCommitment(inputNamed(name));
      told.push({ name, commitment, block, challengedAt, resolvedAt, isOnServer });
    }
  }
  return { challengeWindow, resolveWindow, told };
}

function play({ challengeWindow, resolveWindow, told }: Scene): AltDaRig {
  const rig = new AltDaRig({
    base: BASE,
    altDa: altDaConfig({
      daChallengeWindow: BigInt(challengeWindow),
      daResolveWindow: BigInt(resolveWindow),
    }),
  });
  for (const { name, commitment, block, challengedAt, resolvedAt, isOnServer } of told) {
    const input = inputNamed(name);
    rig.batch(block, commitmentData(commitment));
    if (isOnServer) rig.server.hold(input);
    if (challengedAt !== null) rig.l1.challenge(challengedAt, commitment, block);
    if (resolvedAt !== null) rig.l1.resolve(resolvedAt, commitment, block, input);
  }
  return rig;
}

/**
 * What a chain is that has seen L1 up to `head`, by sets and without queues: inputs whose challenge is known to have
 * ended unresolved are out; those in use go out when their turn to be settled comes, which is when every input in use
 * before them has had the end of its own window, and all that is known to be lost by then goes with them.
 * @returns null where it stands still at an input that neither the server nor L1 has.
 */
function model({ challengeWindow, resolveWindow, told }: Scene, head: number): string[] | null {
  const endOf = ({ block, challengedAt }: Told): number =>
    challengedAt === null ? block + challengeWindow : challengedAt + resolveWindow;
  const isLost = (one: Told): boolean => one.challengedAt !== null && one.resolvedAt === null;
  /** L1 is known up to there. */
  let known = 0;
  for (;;) {
    const used: Told[] = [];
    let settled = 0;
    let startsOver = false;
    for (const one of [...told.filter(({ block }) => block <= head), null]) {
      const at = one?.block ?? head;
      // Of those in use before, is one lost whose turn comes up to here?
      settled = 0;
      for (const before of used) {
        settled = Math.max(settled, endOf(before));
        if (settled > at || !isLost(before)) continue;
        known = Math.max(known, settled);
        startsOver = true;
        break;
      }
      if (startsOver || one === null) break;
      known = Math.max(known, at);
      if (isLost(one) && endOf(one) <= known) continue;
      if (!one.isOnServer) {
        const decidedAt = one.resolvedAt ?? endOf(one);
        if (decidedAt > head) return null;
        known = Math.max(known, decidedAt);
        if (isLost(one)) continue;
      }
      used.push(one);
    }
    if (!startsOver) return used.map(({ name }) => name);
  }
}

/** Runs on over failures that pass. @returns null where it stands still. */
async function outcome(rig: AltDaRig, head: number): Promise<string[] | null> {
  try {
    return await rig.run(head);
  } catch (thrown) {
    if (thrown instanceof NodeError && thrown.code === 'DERIVE_DA_INPUT_MISSING') return null;
    throw thrown;
  }
}

describe('challenges, against a model of sets', () => {
  it('derive the same chain at every height, for a node that sees L1 grow', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const scene = makeScene(seed);
      const rig = play(scene);
      for (let head = BASE; head <= BLOCKS + 16; head++) {
        const [got, wanted] = [await outcome(rig, head), model(scene, head)];
        expect({ seed, head, got }).toEqual({ seed, head, got: wanted });
      }
    }
  });

  it('derive the same chain in the end, whenever a node starts, restarts, or fails', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const scene = makeScene(seed);
      const random = seededRandom(seed + 1_000_000);
      const wanted = scene.told.filter(
        (one) => one.challengedAt === null || one.resolvedAt !== null,
      );
      const end = BLOCKS + 16;
      const late = play(scene);
      expect(await outcome(late, end)).toEqual(wanted.map(({ name }) => name));
      let rig = play(scene);
      for (let head = BASE; head <= end; head++) {
        if (random() < 0.1) rig.restart();
        if (random() < 0.1) rig = play(scene);
        const error = new NodeError('TRANSPORT_FAILED', 'x', { severity: 'temporary' });
        rig.server.failure = random() < 0.2 ? error : null;
        if (random() < 0.2) {
          const at = rig.l1.asked.length + Math.floor(random() * 3);
          rig.l1.faults.set(at, random() < 0.5 ? error : null);
        }
        await rig.run(head).catch(() => undefined);
        rig.l1.faults.clear();
      }
      rig.server.failure = null;
      const got = await outcome(rig, end);
      expect({ seed, got }).toEqual({ seed, got: wanted.map(({ name }) => name) });
    }
  });
});
