import { describe, expect, it } from 'vitest';
import { metricsDoc } from '../../../scripts/metricsDoc.js';
import { METRICS } from '../../../src/status/metricNames.js';
import type { HistoryJson, StatusJson } from '../../../src/status/statusJson.js';
import { FOLLOWER, playedScene, StatusScene, statusAt } from '../../support/statusScenes.js';

function statusOf({ actor }: StatusScene): StatusJson {
  return JSON.parse(actor.statusText() ?? '') as StatusJson;
}

describe('StatusSnapshot', () => {
  it('reads metrics that nodes have', async () => {
    const documented = await metricsDoc();
    for (const name of Object.values(METRICS)) {
      expect(documented).toContain(`\`op_node_default_${name}\``);
    }
  });

  it('tells of a follower what its sources say and how far it is behind them', async () => {
    const status = statusOf(await playedScene('lying'));
    expect(status.node.isFollowing).toBe(true);
    expect(status.follow).toMatchObject({
      lastResult: 'conflict',
      drift: { safe: { blocks: 49, seconds: 98 } },
      sources: [
        { isActive: true, lastResult: 'conflict', results: { success: 101, conflict: 49 } },
        { isActive: false, lastResult: 'error_fetch_status', level: 'bad' },
      ],
    });
    expect(status.follow?.sources[1]?.latencyMs).toBeCloseTo(130);
    expect(status.progress).toBeNull();
    expect(status.peers).toMatchObject({ whyNone: null, blocks: { accept: 150, ignore: 5 } });
  });

  it('estimates when derivation will be at the head of L1, by how fast it comes closer', async () => {
    const { progress } = statusOf(await playedScene('cold'));
    expect(progress).toMatchObject({ by: 'derivation', isIdle: false, at: 18_980_954 });
    expect(progress?.blocksPerSec).toBeCloseTo(70, 0);
    expect(progress?.leftSec).toBeCloseTo(19_070 / 70, 0);
  });

  it('says why there are no peers', async () => {
    expect(statusOf(await playedScene('alone')).peers).toMatchObject({
      count: 0,
      whyNone: 'none of those that are known can be reached',
    });
  });

  it('sees that an endpoint has stopped to answer, and that it answers again', async () => {
    const scene = new StatusScene({});
    const seen: boolean[] = [];
    await scene.play(40, (played, at) => {
      played.heads = statusAt(at);
      played.call('engine-api', 5, at < 10 || at > 30);
      if (at > 0) seen.push(statusOf(played).endpoints.engine.isAnswering);
    });
    expect(seen.indexOf(false)).toBeGreaterThan(10);
    expect(seen.indexOf(false)).toBeLessThan(22);
    expect(seen.at(-1)).toBe(true);
  });

  it('keeps ten minutes', async () => {
    const scene = new StatusScene(FOLLOWER);
    await scene.play(700, (played, at) => {
      played.heads = statusAt(at);
    });
    const { rows } = JSON.parse(scene.actor.historyText() ?? '') as HistoryJson;
    expect(rows.length).toBe(600);
    expect(rows.at(-1)).toEqual(statusOf(scene).row);
  });
});
