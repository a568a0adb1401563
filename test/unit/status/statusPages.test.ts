import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StatusPages } from '../../../src/status/statusPages.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const HTML = '<html><style>p{}</style><body><script>run()</script></body></html>';

function make(readPage: () => Promise<string> = async () => HTML) {
  const log = new FakeLogger();
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
  };
  const status = { look, statusText: () => '{"a":1}', historyText: () => null };
  return { pages: new StatusPages({ status, readPage, log }), log, looks: () => looks };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

describe('StatusPages', () => {
  it.each([
    ['/', PROMETHEUS],
    ['/', '*/*'],
    ['/', ''],
    ['/metrics', BROWSER],
    ['/metrics', PROMETHEUS],
    ['/anything', BROWSER],
  ])('leaves %s to the metrics for who accepts "%s"', async (path, accept) => {
    expect(await make().pages.pageFor(path, accept)).toBeNull();
  });

  it('gives browsers the page under a policy that lets it run its own script and nothing else', async () => {
    const answer = await make().pages.pageFor('/', BROWSER);
    expect(answer?.body).toBe(HTML);
    const policy = answer?.headers['content-security-policy']?.split('; ');
    expect(policy).toEqual([
      "default-src 'none'",
      `script-src ${hashOf('run()')}`,
      `style-src ${hashOf('p{}')}`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(answer?.headers).toMatchObject({ vary: 'accept', 'x-content-type-options': 'nosniff' });
  });

  it('reads the page once', async () => {
    let reads = 0;
    const { pages } = make(async () => {
      reads += 1;
      return HTML;
    });
    await Promise.all([pages.pageFor('/', BROWSER), pages.pageFor('/', BROWSER)]);
    expect(reads).toBe(1);
  });

  it('is the metrics where there is no page', async () => {
    const { pages, log } = make(() => Promise.reject(new Error('no such file')));
    expect(await pages.pageFor('/', BROWSER)).toBeNull();
    expect(log.lines).toMatchObject([{ level: 'warn' }]);
  });

  it('answers JSON to everybody, empty before the first look', async () => {
    const { pages, looks } = make();
    expect((await pages.pageFor('/status.json', PROMETHEUS))?.body).toBe('{"a":1}');
    expect(looks()).toBe(1);
    const history = await pages.pageFor('/status/history.json', '');
    expect(history?.body).toBe('{}');
    expect(history?.headers['content-type']).toBe('application/json');
  });
});
