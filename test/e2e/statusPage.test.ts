import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import { CHROMIUM, LOOKS, openBrowser, openPage } from '../support/browser.js';

const L1_HEIGHT = 50;
/** Of what the page shows a second later than it is. */
const SEEN_MS = 20_000;

describe.skipIf(CHROMIUM === null)('the status page of a node', () => {
  let rig: FollowRig;
  beforeAll(async () => {
    rig = await FollowRig.open(recordedWorld('forks'));
    rig.l1.chain.moveHead(L1_HEIGHT);
    rig.source.moveTo(L1_HEIGHT, 'sequencer');
    await rig.startNode([...QUICK_FOLLOW, `--l2.follow.source=${rig.source.url}`]);
    await rig.post(1, rig.source.status.unsafe_l2.number);
  });
  afterAll(() => rig.close());

  it('shows its heads, and that its source lies as soon as it does', async () => {
    const { safe_l2 } = rig.source.status;
    await rig.reach('the safe head', (status) => status.safe_l2.hash === safe_l2.hash);
    const browser = await openBrowser();
    try {
      const url = `${rig.node.metricsUrl}/`;
      const { page, complaints } = await openPage(browser, url, LOOKS['desktop-light']);
      page.setDefaultTimeout(SEEN_MS);
      const { unsafe_l2 } = await rig.status();
      for (const { number } of [unsafe_l2, safe_l2]) {
        await page.locator('#heads').getByText(String(number), { exact: true }).first().waitFor();
      }
      await page.getByText(/^Following well: safe head level with its source$/).waitFor();
      rig.source.lie({ finalized_l2: { number: safe_l2.number + 1 } });
      await page
        .locator('.headline.bad')
        .getByText(/^Source refused: what it says cannot be$/)
        .waitFor();
      rig.source.moveTo(L1_HEIGHT, 'sequencer');
      await page.getByText(/^Following well/).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it('leaves everything else at that port to the metrics', async () => {
    for (const path of ['/', '/metrics', '/anything']) {
      const response = await fetch(`${rig.node.metricsUrl}${path}`);
      expect(response.headers.get('content-type')).toContain('text/plain');
      expect(await response.text()).toContain('op_node_default_up 1');
    }
  });
});
