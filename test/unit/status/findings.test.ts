import { describe, expect, it } from 'vitest';
import { findingsOf, type StatusFacts } from '../../../src/status/findings.js';
import type { FollowJson, SourceJson } from '../../../src/status/statusJson.js';
import { resultWords } from '../../../src/status/words.js';

const NOW_SEC = 1_704_067_200;

function block(number: number, ageSec = 1) {
  return { number, hash: '0x00', timeSec: NOW_SEC - ageSec };
}

function facts(changes: Partial<StatusFacts> = {}): StatusFacts {
  return {
    nowMs: NOW_SEC * 1000,
    node: {
      version: 'v0',
      network: null,
      chainId: '901',
      blockTimeSec: 2,
      isFollowing: false,
      isVerifying: false,
      isSequencer: false,
      isUp: true,
      isEngineSyncing: false,
    },
    heads: { unsafe: block(100), localSafe: block(90), safe: block(90, 20), finalized: block(50) },
    l1: { head: block(1_000, 5), safe: null, finalized: null },
    progress: progress(999, true),
    follow: null,
    verification: null,
    peers: null,
    sequencer: null,
    endpoints: { engine: ANSWERING, l1: ANSWERING },
    alarms: { isFinalityHeldBack: false, isSyncStalled: false, unservedForks: 0 },
    closingRate: null,
    ...changes,
  };
}

const ANSWERING = { latencyMs: 3, isAnswering: true } as const;
const SILENT = { latencyMs: null, isAnswering: false } as const;

function progress(at: number, isIdle: boolean, leftSec: number | null = null) {
  return {
    by: 'derivation',
    from: 0,
    of: 1_000,
    at,
    isIdle,
    blocksPerSec: null,
    leftSec,
  } as const;
}

function source(lastResult: string | null, isActive = true): SourceJson {
  const { level, says } = resultWords(lastResult);
  const name = 'http://source';
  return { name, isActive, isStale: false, lastResult, says, level, results: {}, latencyMs: 1 };
}

function follow(changes: Partial<FollowJson> = {}): Pick<StatusFacts, 'follow' | 'progress'> {
  return {
    progress: null,
    follow: {
      sources: [source('success')],
      lastResult: 'success',
      lastTakenSec: 1,
      isConflictLasting: false,
      quorum: 0,
      isQuorumMet: true,
      drift: { unsafe: null, safe: { blocks: 0, seconds: 0 }, finalized: null },
      failovers: 0,
      reorgs: 0,
      ...changes,
    },
  };
}

function drift(blocks: number) {
  const safe = { blocks, seconds: blocks * 2 };
  return { drift: { unsafe: null, safe, finalized: null } };
}

function told(changes: Partial<StatusFacts>): readonly string[] {
  return findingsOf(facts(changes)).map(({ level, text }) => `${level}: ${text}`);
}

const STARTING = 'work: Starting: the execution client has not told its heads yet';

describe('what a node is said to be', () => {
  it.each<[string, Partial<StatusFacts>, readonly string[]]>([
    ['derives', {}, ['ok: Deriving well: safe head 20 s old, L1 read up to its head']],
    [
      'is before its first heads',
      { heads: { unsafe: null, localSafe: null, safe: null, finalized: null } },
      [STARTING],
    ],
    [
      'derives from cold',
      { progress: progress(100, false, 185) },
      ['work: Deriving from L1: block 100 of 1,000, about 3 min left'],
    ],
    [
      'derives from cold, and has no measure yet',
      { progress: progress(100, false) },
      ['work: Deriving from L1: block 100 of 1,000'],
    ],
    [
      'has not begun to derive',
      { progress: null },
      ['work: Deriving from L1: finding where to begin'],
    ],
    ['follows', follow(), ['ok: Following well: safe head level with its source']],
    ['follows closely', follow(drift(1)), ['ok: Following well: safe head 2 s behind its source']],
    [
      'catches up with its source',
      { ...follow(drift(1_200)), closingRate: 10 },
      ['work: Catching up: safe head 1,200 blocks behind its source, about 2 min left'],
    ],
    [
      'waits for its source',
      follow({ lastResult: null, sources: [source(null)] }),
      ['work: Waiting for the first status of the source'],
    ],
    [
      'sequences',
      { sequencer: { isActive: true, errors: 0, sealingMs: 1 } },
      [
        'ok: Sequencing: block 100',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
  ])('%s', (_, changes, expected) => {
    expect(told(changes)).toEqual(expected);
  });
});

describe('what is wrong with a node', () => {
  const { node } = facts();

  it.each<[string, Partial<StatusFacts>, readonly string[]]>([
    [
      'a source lies',
      follow({ sources: [source('conflict')], lastResult: 'conflict', lastTakenSec: 4 }),
      [
        'bad: Source refused: it contradicts our safe head',
        'work: Heads stand: no status was taken for 4 s',
      ],
    ],
    [
      'no status is taken for long',
      follow({ sources: [source('error_fetch_status')], lastResult: 'behind', lastTakenSec: 300 }),
      ['bad: Source does not give its status', 'bad: Heads stand: no status was taken for 5 min'],
    ],
    [
      'a source that is not followed lies',
      follow({ sources: [source('success'), source('conflict', false)] }),
      [
        'warn: Source 2 refused: it contradicts our safe head',
        'ok: Following well: safe head level with its source',
      ],
    ],
    [
      'a conflict lasts, and a quorum is not met',
      follow({ isConflictLasting: true, quorum: 2, isQuorumMet: false }),
      [
        'bad: In conflict with the source for five minutes: an operator must decide',
        'bad: Fewer than 2 sources are healthy and agree: heads stand still',
        'ok: Following well: safe head level with its source',
      ],
    ],
    [
      'endpoints are silent',
      { endpoints: { engine: SILENT, l1: SILENT } },
      [
        'bad: The execution client does not answer',
        'bad: L1 does not answer',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'L1 stands',
      { l1: { head: block(1_000, 600), safe: null, finalized: null } },
      [
        'warn: The newest L1 block is 10 min old: L1 stands, or its endpoint does',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'there are no peers, and blocks come all the same',
      { peers: { count: 0, whyNone: 'all that are known are banned', blocks: {} } },
      [
        'warn: No peers: all that are known are banned',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'there are no peers, and no new blocks',
      {
        peers: { count: 0, whyNone: null, blocks: {} },
        heads: { ...facts().heads, unsafe: block(100, 200) },
      },
      [
        'bad: No peers',
        'warn: No new block for 3 min',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'the sequencer builds nothing',
      {
        sequencer: { isActive: true, errors: 3, sealingMs: null },
        heads: { ...facts().heads, unsafe: block(100, 30) },
      },
      [
        'bad: The sequencer is active, but its newest block is 30 s old',
        'ok: Sequencing: block 100',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'the sequencer is stopped',
      { sequencer: { isActive: false, errors: 0, sealingMs: null } },
      [
        'work: The sequencer is stopped',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
    [
      'the node itself says what is wrong',
      {
        alarms: { isFinalityHeldBack: true, isSyncStalled: true, unservedForks: 1 },
        node: { ...node, isEngineSyncing: true },
      },
      [
        'bad: The execution client makes no progress towards the followed head',
        'warn: The execution client lacks methods of a fork that is scheduled',
        'warn: Finality is held back: --finality.lookback is too short',
        'work: The execution client is syncing',
        'ok: Deriving well: safe head 20 s old, L1 read up to its head',
      ],
    ],
  ])('%s', (_, changes, expected) => {
    expect(told(changes)).toEqual(expected);
  });

  it('is told while it starts, too', () => {
    const heads = { unsafe: null, localSafe: null, safe: null, finalized: null };
    expect(told({ heads, endpoints: { engine: SILENT, l1: null } })).toEqual([
      STARTING,
      'bad: The execution client does not answer',
    ]);
  });
});
