import { endpointProblem, HTTP_SCHEMES, isWithoutL1, RPC_SCHEMES } from './checkFollow.js';
import type { FlagName } from './flags.js';
import type { Settings } from './schema.js';

/** Ranges as op-node `op-node/config/l1_el_rpc.go` Check. */
const MAX_BATCH_SIZE = 500;
const MAX_CACHE_SIZE = 1_000_000;
const MAX_PORT = 65_535;

/**
 * What flags break that need no rollup config, one line each.
 * Spec: op-node `service.go`, `config/config.go` Check and the Check of each part.
 */
export function checkNode(settings: Settings): string[] {
  return [
    ...checkL1(settings),
    ...checkBeacon(settings),
    ...checkEngine(settings),
    ...checkSync(settings),
    ...checkServers(settings),
    ...checkFeatures(settings),
  ];
}

function line(name: FlagName, value: unknown, expected: string): string {
  return `--${name}: ${JSON.stringify(value)}: expected ${expected}`;
}

function endpoint(name: FlagName, url: string, schemes: readonly string[]): string[] {
  const expected = endpointProblem(url, schemes);
  return expected === null ? [] : [line(name, url, expected)];
}

function checkL1(settings: Settings): string[] {
  const { get, isSet } = settings;
  const problems: string[] = [];
  const url = get('l1');
  if (url === '') {
    if (!isWithoutL1(settings)) {
      problems.push(line('l1', url, 'an endpoint; it may be empty only beside --l2.follow.source'));
    }
  } else if (isSet('l1')) problems.push(...endpoint('l1', url, RPC_SCHEMES));
  const batch = get('l1.rpc-max-batch-size');
  if (batch < 1 || batch > MAX_BATCH_SIZE) {
    problems.push(line('l1.rpc-max-batch-size', batch, `1 to ${MAX_BATCH_SIZE}`));
  }
  const rate = get('l1.rpc-rate-limit');
  if (rate < 0) problems.push(line('l1.rpc-rate-limit', rate, '0 or more'));
  const concurrency = get('l1.max-concurrency');
  if (concurrency < 1) problems.push(line('l1.max-concurrency', concurrency, '1 or more'));
  const cache = get('l1.cache-size');
  if (cache > MAX_CACHE_SIZE) {
    problems.push(line('l1.cache-size', cache, `at most ${MAX_CACHE_SIZE}`));
  }
  return problems;
}

function checkBeacon({ get }: Settings): string[] {
  const url = get('l1.beacon');
  return [
    ...(url === '' ? [] : endpoint('l1.beacon', url, HTTP_SCHEMES)),
    ...get('l1.beacon-fallbacks').flatMap((fallback) =>
      endpoint('l1.beacon-fallbacks', fallback, HTTP_SCHEMES),
    ),
    ...(get('l1.beacon-header') === '' || parseHeader(get('l1.beacon-header')) !== null
      ? []
      : [line('l1.beacon-header', '(secret)', "a header written as 'Name: value'")]),
  ];
}

/** Name and value of `Name: value`, or null; op-node `config/beacon.go` parseHTTPHeader. */
export function parseHeader(
  text: string,
): { readonly name: string; readonly value: string } | null {
  const at = text.indexOf(': ');
  return at < 1 ? null : { name: text.slice(0, at), value: text.slice(at + 2) };
}

function checkEngine({ get, isSet }: Settings): string[] {
  const problems: string[] = [];
  if (isSet('l2')) problems.push(...endpoint('l2', get('l2'), RPC_SCHEMES));
  if (isSet('l2.jwt-secret') && get('l2.jwt-secret').trim() === '') {
    problems.push(line('l2.jwt-secret', get('l2.jwt-secret'), 'a file name'));
  }
  const timeout = get('l2.engine-rpc-timeout');
  if (timeout <= 0) problems.push(line('l2.engine-rpc-timeout', `${timeout}ms`, 'above 0'));
  return problems;
}

function checkSync({ get, isSet }: Settings): string[] {
  const problems: string[] = [];
  if (isSet('l2.engine-sync') && isSet('syncmode')) {
    problems.push(line('l2.engine-sync', get('l2.engine-sync'), 'only one of it and --syncmode'));
  }
  if (!get('p2p.sync.req-resp') && get('syncmode.req-resp')) {
    problems.push(line('syncmode.req-resp', true, 'no --p2p.sync.req-resp=false beside it'));
  }
  const offset = get('syncmode.offset-el-safe');
  if (offset < 0) problems.push(line('syncmode.offset-el-safe', `${offset}ms`, '0 or more'));
  return problems;
}

function checkServers({ get }: Settings): string[] {
  const ports = [
    ['rpc.port', get('rpc.port'), true],
    ['metrics.port', get('metrics.port'), get('metrics.enabled')],
    ['pprof.port', get('pprof.port'), get('pprof.enabled')],
  ] as const;
  return ports.flatMap(([name, port, isUsed]) =>
    isUsed && (port < 0 || port > MAX_PORT) ? [line(name, port, `a port, 0 to ${MAX_PORT}`)] : [],
  );
}

function checkFeatures({ get }: Settings): string[] {
  const problems: string[] = [];
  if (get('conductor.enabled') && !get('sequencer.enabled')) {
    problems.push(line('conductor.enabled', true, '--sequencer.enabled beside it'));
  }
  if (get('altda.enabled')) {
    const server = get('altda.da-server');
    problems.push(
      ...(server === ''
        ? [line('altda.da-server', server, 'a DA server, because of --altda.enabled')]
        : endpoint('altda.da-server', server, HTTP_SCHEMES)),
    );
  }
  const timeout = get('altda.get-timeout');
  if (timeout < 0) problems.push(line('altda.get-timeout', `${timeout}ms`, '0 or more'));
  return problems;
}
