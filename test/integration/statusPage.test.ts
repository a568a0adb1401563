import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../devnet/projectRoot.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { StatusPages } from '../../src/status/statusPages.js';
import { MetricsServer } from '../../src/telemetry/metricsServer.js';
import { CHROMIUM, LOOKS, openBrowser, openPage } from '../support/browser.js';
import { FakeLogger } from '../support/fakeLogger.js';
import { playedScene, type SceneName, StatusScene, statusAt } from '../support/statusScenes.js';

/** What `npm run build` made. */
const PAGE = join(projectRoot(), 'dist', 'bin', 'statusPage.html');
/** Pictures of every state, for eyes. */
const PICTURES = join(projectRoot(), '.cache', 'status-page');

const HEADLINES = {
  following: /^Following well: safe head level with its source$/,
  lying: /^Source 1 refused: it contradicts our safe head$/,
  cold: /^Deriving from L1: block 18,980,954 of 19,000,024, about \d+ min left$/,
  alone: /^No peers: none of those that are known can be reached$/,
} as const satisfies Readonly<Record<SceneName, RegExp>>;

const SCENES = Object.keys(HEADLINES) as SceneName[];

async function serve({ actor, registry }: StatusScene, onPort = 0) {
  const log = new FakeLogger();
  const pages = new StatusPages({
    status: actor,
    readPage: async () => readFileSync(PAGE, 'utf8'),
    log,
  });
  const server = new MetricsServer(
    { host: '127.0.0.1', port: onPort },
    {
      clock: new SystemClock(),
      log,
      source: registry,
      pageFor: (path, accept) => pages.pageFor(path, accept),
    },
  );
  const { port } = await server.start();
  return { url: `http://127.0.0.1:${port}/`, stop: () => server.stop() };
}

describe.skipIf(CHROMIUM === null)('the status page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  describe.each(SCENES)('%s', (name) => {
    let scene: StatusScene;
    let served: Awaited<ReturnType<typeof serve>>;
    beforeAll(async () => {
      scene = await playedScene(name);
      served = await serve(scene);
    });
    afterAll(() => served.stop());

    it.each(Object.entries(LOOKS))('%s', async (look, options) => {
      const { page, complaints, close } = await openPage(browser, served.url, options);
      try {
        const headline = page.locator('.headline');
        await headline.getByText(HEADLINES[name]).waitFor();
        const { unsafeL2, safeL2 } = scene.heads;
        for (const { number } of [unsafeL2, safeL2]) {
          await page
            .locator('#heads')
            .getByText(number.toLocaleString('en-US'), { exact: true })
            .first()
            .waitFor();
        }
        await page.locator('.u-over').first().waitFor();
        const sizes = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
        const [content, window] = sizes as [number, number];
        expect(content).toBeLessThanOrEqual(window);
        await page.screenshot({ path: join(PICTURES, `${name}-${look}.png`), fullPage: true });
        expect(complaints).toEqual([]);
      } finally {
        await close();
      }
    });
  });

  it('shows as text whatever is in a name', async () => {
    const name = 'http://x/<img src=x onerror=alert(1)><script>alert(2)</script>';
    const scene = new StatusScene({ sources: [name] });
    await scene.play(5, (played, at) => {
      played.heads = statusAt(at);
    });
    const served = await serve(scene);
    const { page, complaints, close } = await openPage(browser, served.url, LOOKS['phone-dark']);
    try {
      await page.locator('.source .name').getByText(name, { exact: true }).waitFor();
      expect(await page.locator('img').count()).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await close();
      await served.stop();
    }
  });

  it('says so when the node is silent, and goes on when it answers', async () => {
    const scene = await playedScene('following');
    const first = await serve(scene);
    const { page, close } = await openPage(browser, first.url, LOOKS['desktop-light']);
    try {
      await page.locator('.headline.ok').waitFor();
      await first.stop();
      await page
        .locator('.headline.bad')
        .getByText(/^The node does not answer/)
        .waitFor();
      const again = await serve(scene, Number(new URL(first.url).port));
      await page.locator('.headline.ok').waitFor();
      await again.stop();
    } finally {
      await close();
    }
  });
});
