import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { L1_BLOCK_TIME_SEC, quickChain } from '../../devnet/live/liveDevnet.js';
import { LiveNetwork } from '../../devnet/live/liveNetwork.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { projectRoot } from '../../devnet/projectRoot.js';
import { waitFor } from '../../devnet/waitFor.js';
import { PROMETHEUS, PROMTOOL, Prometheus } from '../support/prometheus.js';

const FOLDER = join(projectRoot(), 'docs', 'monitoring');
const RULES = join(FOLDER, 'slipstream.rules.yml');
/** Until every series is there: forks activate, batches are derived, L1 finalizes. */
const DATA_MS = 150_000;
/** Metrics in an expression, with their matchers. */
const SELECTORS = /\b(?:up|op_node_default_\w+|nodejs_\w+|process_\w+)(?:\{[^}]*\})?/g;

/** The expressions of the dashboard with what Grafana puts into them. */
function dashboardExpressions(): readonly string[] {
  const { panels } = JSON.parse(readFileSync(join(FOLDER, 'dashboard.json'), 'utf8')) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  return panels
    .flatMap(({ targets = [] }) => targets)
    .map(({ expr }) => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '20s'));
}

/** What the rules look at: each metric of each expression, with the labels that it is to have. */
function ruleSelectors(): readonly string[] {
  const text = readFileSync(RULES, 'utf8').replace(/>-\n\s+/g, '');
  const expressions = text
    .split('\n')
    .filter((line) => !/^\s*(?:#|summary|description)/.test(line));
  return [...new Set(expressions.join('\n').match(SELECTORS) ?? [])];
}

describe.skipIf(PROMETHEUS === null || PROMTOOL === null)('dashboard and alert rules', () => {
  let group: ProcessGroup;
  let prometheus: Prometheus;
  let network: LiveNetwork;
  const over = new AbortController();
  let traffic: Promise<unknown>;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    network = await LiveNetwork.open(group, {
      chain: quickChain(Math.floor(Date.now() / 1000)),
      l1BlockTimeSec: L1_BLOCK_TIME_SEC,
      say: () => undefined,
      env: {},
    });
    const { rig, nodes } = network;
    const verifying = await rig.node({
      name: 'verifying',
      geth: await rig.engine('engine-verifying'),
      flags: [
        `--l2.follow.source=${nodes.verifier.node.url}`,
        `--l2.follow.blocks=${nodes.verifier.geth.url}`,
        ...['--l2.follow.verify', '--l2.follow.poll-interval=500ms'],
      ],
    });
    const all = [...Object.values(nodes), verifying].map(({ node }) => node.metricsUrl);
    prometheus = await Prometheus.start(group, all, RULES);
    traffic = runTraffic(rig, nodes.sequencer.geth.url, over.signal);
  });
  afterAll(async () => {
    over.abort();
    await traffic;
    await group.stop();
  });

  it('are rules that promtool accepts', async () => {
    const { stdout } = await promisify(execFile)(PROMTOOL ?? '', ['check', 'rules', RULES]);
    expect(stdout).toContain('SUCCESS');
  });

  it('have data behind every expression', async () => {
    const expressions = [...dashboardExpressions(), ...ruleSelectors()];
    expect(expressions.length).toBeGreaterThan(80);
    let without = expressions;
    const ask = async (): Promise<true | undefined> => {
      const found = await Promise.all(without.map((expr) => prometheus.query(expr)));
      without = without.filter((_, at) => found[at]?.length === 0);
      return without.length === 0 || undefined;
    };
    const options = {
      what: 'data behind every expression',
      timeoutMs: DATA_MS,
      failIf: () => network.failure(),
    };
    await waitFor(ask, options).catch((thrown) => {
      throw without.length > 0 ? new Error(`no data:\n${without.join('\n')}`) : thrown;
    });
  });

  it('are quiet in a network that is well', async () => {
    const rules = await prometheus.rules();
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([]);
  });
});
