import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessGroup } from '../../devnet/processGroup.js';
import { waitFor } from '../../devnet/waitFor.js';
import { programOrSkip } from './programs.js';

/** Null where this machine has none. */
export const PROMETHEUS = programOrSkip('PROMETHEUS_BIN', ['prometheus']);
export const PROMTOOL = programOrSkip('PROMTOOL_BIN', ['promtool']);

const START_MS = 30_000;

/** What Prometheus answers to a query: labels and value of each series. */
export type Series = readonly { readonly metric: Readonly<Record<string, string>> }[];

/** A Prometheus that scrapes each second. */
export class Prometheus {
  private constructor(private readonly url: string) {}

  /**
   * Starts one in the group.
   * @param targets metrics addresses of nodes, `http://host:port`.
   * @param rules absolute path of a file of rules.
   */
  static async start(
    group: ProcessGroup,
    targets: readonly string[],
    rules: string,
  ): Promise<Prometheus> {
    const config = join(group.folder, 'prometheus.json');
    const hosts = targets.map((url) => new URL(url).host);
    // YAML takes JSON.
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s', evaluation_interval: '2s' },
        rule_files: [rules],
        scrape_configs: [{ job_name: 'slipstream', static_configs: [{ targets: hosts }] }],
      }),
    );
    const program = group.start({
      name: 'prometheus',
      command: PROMETHEUS ?? '',
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(group.folder, 'prometheus')}`,
        '--web.listen-address=127.0.0.1:0',
      ],
    });
    const host = await waitFor(
      () => /msg="Listening on" address=([\d.:]+)/.exec(program.output)?.[1],
      { what: 'prometheus listens', timeoutMs: START_MS, failIf: () => program.failure() },
    );
    return new Prometheus(`http://${host}`);
  }

  async query(expr: string): Promise<Series> {
    const { result } = await this.ask<{ readonly result: Series }>(
      `query?query=${encodeURIComponent(expr)}`,
    );
    return result;
  }

  /** Every rule with what has become of it. */
  async rules(): Promise<
    readonly { readonly name: string; readonly health: string; readonly state: string }[]
  > {
    const { groups } = await this.ask<{
      readonly groups: readonly {
        readonly rules: readonly { name: string; health: string; state: string }[];
      }[];
    }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** @throws Error with its reason where it does not answer with success. */
  private async ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      signal: AbortSignal.timeout(10_000),
    });
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }
}
