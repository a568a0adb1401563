import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FollowRig, recordedWorld } from '../../devnet/followRig.js';
import { builtNode, type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import { projectRoot } from '../../devnet/projectRoot.js';
import { commandsOf, type DocCommand, pagesWithCommands } from '../support/docCommands.js';
import { STOP_MS } from '../support/patience.js';

const run = promisify(execFile);
const root = projectRoot();
const commands = pagesWithCommands(root).flatMap((page) => commandsOf(root, page));

/** Programs of the machine that runs a service; their files are checked in test/unit/deploy. */
const OF_THE_MACHINE = new Set(['docker', 'install', 'systemctl', 'journalctl']);

type Kind = 'npm' | 'machine' | 'node' | 'profile' | 'call';

function kindOf({ words }: DocCommand): Kind {
  const [program = '', ...rest] = words;
  if (program === 'npm' || program === 'npx') return 'npm';
  if (OF_THE_MACHINE.has(program)) return 'machine';
  if (program === 'go') return 'profile';
  const args = program === 'node' ? rest.slice(1) : rest;
  const isNode = ['node', 'slipstream'].includes(program) && args[0]?.startsWith('--');
  return isNode && args.some((word) => /^--l2(?:=|$)/.test(word)) ? 'node' : 'call';
}
const ofKind = (kind: Kind) => commands.filter((command) => kindOf(command) === kind);
const titled = (kind: Kind) =>
  ofKind(kind).map((command) => [command.page, command.text, command] as const);

/** Ports of its own and nobody else's network: what a page leaves to the reader's machine. */
const LOOPBACK = [
  ...['--rpc.addr=127.0.0.1', '--rpc.port=0', '--metrics.addr=127.0.0.1', '--metrics.port=0'],
  ...['--p2p.disable=false', '--p2p.no-discovery', '--p2p.listen.ip=127.0.0.1'],
  ...['--p2p.listen.tcp=0', '--p2p.listen.udp=0'],
];

describe('the commands of the documentation', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;
  let reader: RunningNode;
  let started = 0;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    const program = join(rig.group.folder, 'slipstream');
    writeFileSync(program, `#!/bin/sh\nexec ${builtNode().join(' ')} "$@"\n`);
    chmodSync(program, 0o755);
    reader = await nodeOf([
      ...['--l2.follow.source', 'http://127.0.0.1:9545', '--rpc.enable-admin'],
      ...['--pprof.enabled', '--pprof.addr=127.0.0.1', '--pprof.port=0'],
    ]);
  });
  afterAll(() => rig?.close());

  /** Where a page says an address or a file, the one of the rig. */
  function here(text: string): string {
    return text
      .replaceAll('http://127.0.0.1:8545', rig.l1.url)
      .replaceAll('http://127.0.0.1:5052', rig.l1.url)
      .replaceAll('http://127.0.0.1:8551', rig.geth.engineUrl)
      .replaceAll('http://127.0.0.1:9545', rig.source.url)
      .replaceAll('http://127.0.0.1:7545', reader?.url)
      .replaceAll('http://127.0.0.1:7300', reader?.metricsUrl)
      .replaceAll(/\bjwt\.txt\b/g, rig.geth.jwtFile)
      .replaceAll(
        /--network[ =]op-mainnet/g,
        `--rollup.config=${world.path('rollup.json')} --rollup.l1-chain-config=${world.path('l1-chain-config.json')}`,
      )
      .replaceAll(
        /--network[ =]redstone-mainnet/g,
        `--rollup.config=${withAltDa()} --rollup.l1-chain-config=${world.path('l1-chain-config.json')}`,
      );
  }

  /** The rollup config of the rig's chain as one that may have commitments: it has none. */
  function withAltDa(): string {
    const config = JSON.parse(readFileSync(world.path('rollup.json'), 'utf8'));
    const kind = { da_commitment_type: 'GenericCommitment' };
    const windows = { da_challenge_window: 1, da_resolve_window: 1 };
    const file = join(rig.group.folder, 'rollup-alt-da.json');
    writeFileSync(file, JSON.stringify({ ...config, alt_da: { ...kind, ...windows } }));
    return file;
  }

  function nodeOf(args: readonly string[]): Promise<RunningNode> {
    started += 1;
    const own = (name: string) => join(rig.group.folder, `${name}-${started}`);
    return startNode(rig.group, {
      ...{ name: `node-${started}`, world, geth: rig.geth, l1: rig.l1.url },
      flags: [
        ...here(args.join(' ')).split(' '),
        ...LOOPBACK,
        ...(args.includes('--safedb.path') ? [`--safedb.path=${own('safedb')}`] : []),
        ...[`--p2p.priv.path=${own('key')}`, `--p2p.peerstore.path=${own('peers')}`],
      ],
    });
  }

  it('are found', () => {
    expect(ofKind('node').length).toBeGreaterThan(7);
    expect(ofKind('call').length).toBeGreaterThan(3);
  });

  it.each(titled('node'))('%s: starts a node: %s', async (_page, _text, { words }) => {
    const args = words.slice(words.findIndex((word) => word.startsWith('--')));
    const node = await nodeOf(args);
    node.process.signal('SIGINT');
    expect(await node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
  });

  it.each(titled('call'))('%s: answers: %s', async (page, text) => {
    const cwd = text.includes('dist/bin/') ? root : rig.group.folder;
    const env = { ...process.env, PATH: `${rig.group.folder}${delimiter}${process.env.PATH}` };
    const { stdout } = await run('sh', ['-c', here(text)], { cwd, env });
    if (!text.includes('>')) expect(stdout.trim(), page).not.toBe('');
    if (text.includes('"jsonrpc"')) expect(JSON.parse(stdout)).toHaveProperty('result');
  });

  /** The viewer stays open and needs Go: what it would fetch is fetched. */
  it.each(titled('profile'))('%s: fetches a profile: %s', async (_page, text) => {
    const path = /127\.0\.0\.1:6060([^\s']+)/.exec(text)?.[1]?.replace('seconds=20', 'seconds=1');
    const base = /pprof server[^\n]*?addr"?[=:]\s*"?(?:http:\/\/)?([\d.]+:\d+)/i.exec(
      reader.process.output,
    )?.[1];
    const response = await fetch(`http://${base}${path}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([response.status, bytes.subarray(0, 2).toString('hex')]).toEqual([200, '1f8b']);
  });

  it.each(titled('npm'))('%s: is a script of the project: %s', (_page, _text, { words }) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const [, verb = '', name = ''] = words;
    if (verb === 'run') expect(scripts).toHaveProperty([name]);
    else expect(['ci', 'test', 'install', 'pack']).toContain(verb);
  });

  it('that are the machine’s own stand where the files for it are', () => {
    expect(new Set(ofKind('machine').map(({ page }) => page))).toEqual(
      new Set(['deploy/README.md']),
    );
  });
});
