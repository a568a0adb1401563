import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dockerfileUtils from 'dockerfile-utils';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadedFromEnv } from '../../support/loadedConfig.js';

const FOLDER = 'deploy';
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Puts values in place of `${NAME:-default}` and `${NAME:?what it is}`. */
function filled(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([A-Z0-9_]+):([-?])([^}]*)\}/g, (_all, name, kind, rest) => {
    const value = env[name] ?? '';
    if (value !== '') return value;
    if (kind === '?') throw new Error(`${name} is missing: ${rest}`);
    return rest;
  });
}

const ENV = { EXECUTION_IMAGE: 'op-reth', L1_URL: 'http://l1:8545' };
const compose = (env: Readonly<Record<string, string>>) =>
  parse(filled(read('compose.yaml'), env)) as Compose;
const nodeEnv = (env: Readonly<Record<string, string>>) =>
  compose(env).services.slipstream?.environment ?? {};

describe('the Dockerfile', () => {
  it('has no problems', () => {
    expect(dockerfileUtils.validate(read('Dockerfile'))).toEqual([]);
  });

  it('copies out of the build what is packed there', () => {
    const text = read('Dockerfile');
    const packed = /npm pack --pack-destination (\S+)/.exec(text)?.[1];
    expect(text).toContain(`COPY --from=build ${packed}/ `);
  });
});

describe('the compose file', () => {
  const { services, volumes } = compose(ENV);

  it('asks for what it cannot know', () => {
    expect(() => compose({})).toThrow('EXECUTION_IMAGE is missing');
  });

  it.each(Object.entries(services))('has all that %s needs', (_name, service) => {
    expect(service.image).toBeTruthy();
    if (service.build) {
      const { context, dockerfile } = service.build;
      expect(existsSync(join(FOLDER, context, dockerfile))).toBe(true);
    }
    const needed = Array.isArray(service.depends_on)
      ? service.depends_on
      : Object.keys(service.depends_on ?? {});
    for (const other of needed) expect(services).toHaveProperty(other);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(FOLDER, source)), source).toBe(true);
      else expect(volumes).toHaveProperty(source);
    }
  });

  it('sets up a node that derives, or follows where a source is named', () => {
    const derives = { ...ENV, L1_BEACON_URL: 'http://beacon:5052' };
    expect(loadedFromEnv(nodeEnv(derives)).follow).toBeNull();
    const follows = loadedFromEnv(
      nodeEnv({ ...ENV, FOLLOW_SOURCE: 'http://a:9545,http://b:9545' }),
    );
    expect(follows.follow?.sources).toHaveLength(2);
    expect(follows.metrics.port).toBe(7300);
  });

  it('has Prometheus ask the port that the node serves its metrics on', () => {
    const { scrape_configs } = parse(read('prometheus.yml')) as {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const { metrics } = loadedFromEnv(nodeEnv({ ...ENV, FOLLOW_SOURCE: 'http://a:9545' }));
    const targets = scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap((config) => config.targets),
    );
    expect(targets).toEqual([`slipstream:${metrics.port}`]);
    expect(metrics.addr).toBe('0.0.0.0');
  });
});

describe('the systemd unit', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('starts a node with the variables beside it', () => {
    const lines = read('slipstream.env').split('\n');
    const pairs = lines.filter((line) => /^(?:# )?OP_NODE_/.test(line));
    const env = Object.fromEntries(
      pairs.map((line) => line.replace(/^# /, '').split('=', 2) as [string, string]),
    );
    const auth = /^Environment=(OP_NODE_\w+)=(.*)$/m.exec(read('slipstream.service'));
    const config = loadedFromEnv({ ...env, [auth?.[1] ?? '']: auth?.[2] ?? '' });
    expect(config.follow?.sources).toHaveLength(1);
    expect(config.engine.jwtSecretPath).toContain('jwt.txt');
  });

  it('passes the check of systemd, where there is one', (context) => {
    folder = mkdtempSync(join(tmpdir(), 'unit-'));
    const path = join(folder, 'slipstream.service');
    writeFileSync(path, read('slipstream.service'));
    const { error, status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', '--recursive-errors=no', path],
      { encoding: 'utf8' },
    );
    if (error) context.skip('no systemd-analyze on this machine');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
