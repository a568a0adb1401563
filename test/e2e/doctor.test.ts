import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { L1Server } from '../../conformance/l1Server.js';
import { SourceServer } from '../../conformance/sourceServer.js';
import type { EngineNode } from '../../devnet/engineNode.js';
import { startEngine } from '../../devnet/engines.js';
import { FollowRig, recordedWorld } from '../../devnet/followRig.js';
import { builtNode, launchNode } from '../../devnet/nodeProcess.js';
import { emptyChild } from '../support/emptyL1Branch.js';
import { REACH_MS } from '../support/patience.js';

/** What the doctor printed, and how it ended. */
interface Examined {
  readonly lines: readonly string[];
  readonly code: number | null;
}

/** What of a set-up is other than in the healthy one. */
interface Setup {
  readonly flags?: readonly string[];
  readonly geth?: Partial<EngineNode>;
  readonly l1?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const HOUR_MS = 3_600_000;

describe('slipstream doctor', () => {
  const world = recordedWorld('forks');
  const elsewhere = recordedWorld('adversarial');
  let rig: FollowRig;
  let launched = 0;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    freshen(rig.l1);
  });
  afterAll(() => rig?.close());

  /** A newest block of now on top of the recording, at the start of a slot. */
  function freshen(l1: L1Server): void {
    const last = l1.chain.byNumber(l1.chain.last);
    if (last === undefined) throw new Error('the recording has blocks');
    l1.chain.replace([emptyChild(last, Math.floor(Date.now() / 1_000))]);
  }

  async function doctor({ flags = [], geth = {}, l1, env = {} }: Setup): Promise<Examined> {
    launched += 1;
    const child = launchNode(rig.group, {
      name: `doctor-${launched}`,
      command: [...builtNode(), 'doctor'],
      ...{ world, flags, env, geth: { ...rig.geth, ...geth }, l1: l1 ?? rig.l1.url },
    });
    const { code } = await child.ended(REACH_MS);
    return { lines: child.output.trimEnd().split('\n'), code };
  }

  /** The newest recorded block that has transactions. */
  const fullest = () => world.l1.findLastIndex(({ block }) => block.transactions.length > 0);

  /** The lines of errors alone. */
  const errors = ({ lines }: Examined) => lines.filter((line) => line.startsWith('error'));

  const bad = async (setup: Setup, ...expected: readonly string[]): Promise<void> => {
    const examined = await doctor(setup);
    expect(errors(examined)).toEqual(expected.map((line) => `error    ${line}`));
    expect(examined.code).toBe(1);
  };

  it('finds nothing wrong with a node that derives', async () => {
    const safeDb = join(rig.group.folder, 'fine', 'safedb');
    const { lines, code } = await doctor({ flags: [`--safedb.path=${safeDb}`] });
    expect(lines.at(-1)).toMatch(/^Nothing stops the node: 0 errors, \d warnings?\.$/);
    expect(lines).toContain(
      `ok       receipts: Receipts of L1 block ${fullest()} match their root, by --l1.rpckind=standard`,
    );
    expect(code).toBe(0);
    expect(existsSync(join(rig.group.folder, 'fine'))).toBe(false);
  });

  it('finds nothing wrong with a node that follows', async () => {
    const { lines, code } = await doctor({ flags: [`--l2.follow.source=${rig.source.url}`] });
    expect(lines.at(-1)).toMatch(/ 0 errors/);
    expect(lines).toContain(
      `ok       follow: Follow source ${rig.source.url} serves our chain; safe ${world.status.safe_l2.number}, unsafe ${world.status.unsafe_l2.number}`,
    );
    expect(code).toBe(0);
  });

  it('answers scripts in JSON', async () => {
    const { lines, code } = await doctor({ flags: ['--json'], l1: 'http://127.0.0.1:9' });
    expect(lines).toHaveLength(1);
    const report = JSON.parse(lines[0] ?? '') as { findings: { level: string }[] };
    expect(report).toMatchObject({ ok: false, errors: 2, warnings: 0 });
    expect(report.findings.filter(({ level }) => level === 'error')[0]).toEqual({
      check: 'l1',
      level: 'error',
      code: 'l1-unreachable',
      text: 'The L1 at http://127.0.0.1:9 cannot be used: nothing listens there',
      advice: 'Start it, or correct --l1',
    });
    expect(code).toBe(1);
  });

  it('says that the engine has another secret', async () => {
    const jwtFile = join(rig.group.folder, 'other.jwt');
    writeFileSync(jwtFile, randomBytes(32).toString('hex'));
    await bad(
      { geth: { jwtFile } },
      `engine-secret-refused: The execution engine at ${rig.geth.engineUrl} refuses our JWT secret: it answers HTTP 401 (signature is invalid). Start both with the same secret file: --l2.jwt-secret here, --authrpc.jwtsecret there.`,
    );
  });

  it('says that there is no secret, and makes none', async () => {
    const jwtFile = join(rig.group.folder, 'none.jwt');
    await bad(
      { geth: { jwtFile } },
      `jwt-missing: There is no JWT secret file "${jwtFile}". Point --l2.jwt-secret at the file that the execution engine was started with.`,
    );
    expect(readdirSync(rig.group.folder)).not.toContain('none.jwt');
  });

  it('says that the engine is down', async () => {
    await bad(
      { geth: { engineUrl: 'http://127.0.0.1:9' } },
      'engine-unreachable: The execution engine at http://127.0.0.1:9 cannot be used: nothing listens there. Start the execution engine, or correct --l2 (its authenticated port, usually 8551).',
    );
  });

  it('says that --l2 is the port of the public RPC', async () => {
    await bad(
      { geth: { engineUrl: rig.geth.url } },
      `engine-api-missing: What answers at ${rig.geth.url} has no Engine API. Use the authenticated port of the execution engine, usually 8551 and not 8545.`,
    );
  });

  it('says that the engine has another chain, with both hashes', async () => {
    const geth = await startEngine(rig.group, {
      name: 'elsewhere',
      genesisFile: elsewhere.path('l2-genesis.json.gz'),
      chainId: BigInt(elsewhere.rollup.l2_chain_id),
    });
    await bad(
      { geth },
      `engine-wrong-chain: The engine at ${geth.engineUrl} has another chain: incorrect L2 genesis block hash ${elsewhere.rollup.genesis.l2.hash}, expected ${world.rollup.genesis.l2.hash}. Give the engine of this chain, made from its genesis file, or the rollup config of that one.`,
    );
    await geth.process.stop();
  });

  it('says that L1 is another chain', async () => {
    const l1 = rig.group.own(await L1Server.start({ world: elsewhere }));
    freshen(l1);
    await bad(
      { l1: l1.url },
      `l1-wrong-chain: The L1 at ${l1.url} is another chain: incorrect L1 genesis block hash ${elsewhere.rollup.genesis.l1.hash}, expected ${world.rollup.genesis.l1.hash}. Give the L1 of this chain in --l1, or the right --network or --rollup.config.`,
    );
  });

  it('says that L1 stands still', async () => {
    const l1 = rig.group.own(await L1Server.start({ world }));
    const examined = await doctor({ l1: l1.url });
    expect(errors(examined)).toEqual([
      expect.stringMatching(
        /^error {4}l1-stale: The newest block of the L1 at \S+ \(89\) is \d+ \w+ old\. Let the L1 client sync/,
      ),
    ]);
    expect(examined.code).toBe(1);
  });

  it('says that there is no beacon node', async () => {
    await bad(
      { flags: ['--l1.beacon='] },
      'config-invalid: --l1.beacon: missing: expected a beacon endpoint, because the chain has Ecotone; or --l1.beacon.ignore. Correct it; docs/flags.md has every flag.',
    );
    const { lines, code } = await doctor({ flags: ['--l1.beacon=', '--l1.beacon.ignore'] });
    expect(lines).toContain(
      'warning  beacon-missing: There is no beacon node (--l1.beacon is empty). Give --l1.beacon.',
    );
    expect(code).toBe(0);
  });

  it('says that the beacon node is down', async () => {
    await bad(
      { flags: ['--l1.beacon=http://127.0.0.1:9'] },
      'beacon-unreachable: The beacon node at http://127.0.0.1:9 cannot be used: nothing listens there. Start it, or correct --l1.beacon (and --l1.beacon-header).',
    );
  });

  it('warns of a method for receipts that L1 does not offer', async () => {
    const { lines, code } = await doctor({ flags: ['--l1.rpckind=debug_geth'] });
    expect(lines).toContain(
      `warning  l1-receipts-method: The L1 at ${rig.l1.url} does not offer debug_getRawReceipts, as --l1.rpckind=debug_geth says. Set --l1.rpckind to what the endpoint is; standard and basic are known by most.`,
    );
    expect(code).toBe(0);
  });

  it('says that receipts cannot be had', async () => {
    rig.l1.faults.arm({ kind: 'rpcError', count: 0, only: 'eth_getBlockReceipts' });
    try {
      await bad(
        {},
        `l1-receipts-failed: Receipts of L1 block ${fullest()} cannot be had of ${rig.l1.url} in any way: it answers error -32000: injected fault. Try another --l1.rpckind, or another endpoint.`,
      );
    } finally {
      rig.l1.faults.arm(null);
    }
  });

  it('says that a follow source serves another chain', async () => {
    const source = rig.group.own(await SourceServer.start({ world: elsewhere }));
    await bad(
      { flags: [`--l2.follow.source=${source.url}`] },
      `follow-wrong-chain: Follow source ${source.url} serves another chain: its L2 genesis is ${elsewhere.rollup.genesis.l2.hash}, expected ${world.rollup.genesis.l2.hash}. Remove it from --l2.follow.source.`,
    );
  });

  it('says that a port is taken', async () => {
    const { port } = new URL(rig.l1.url);
    await bad(
      { flags: [`--rpc.port=${port}`] },
      `port-taken: Cannot listen on 127.0.0.1 port ${port} (--rpc.port, tcp): another program has it. End that program, or take another port.`,
    );
  });

  it('says that the database of safe heads cannot be made', async () => {
    const file = join(rig.group.folder, 'a-file');
    writeFileSync(file, '');
    await bad(
      { flags: [`--safedb.path=${file}/safedb`] },
      `path-unwritable: --safedb.path "${file}/safedb" cannot be made: ${file} is a file. Give the user of the node the right to write there, or take another path.`,
    );
  });

  it('says that the clock is behind', async () => {
    const code = `const now = Date.now; Date.now = () => now() - ${HOUR_MS};`;
    const late = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
    const examined = await doctor({ env: { NODE_OPTIONS: `--import=${late}` } });
    expect(errors(examined)).toEqual([
      expect.stringMatching(
        /^error {4}engine-token-time: The execution engine at \S+ refuses the time of our token: it answers HTTP 401 \(stale token\)\. Set the clocks of both machines by NTP\.$/,
      ),
      expect.stringMatching(
        /^error {4}clock-off: The clock of this machine is 3600 s behind the servers of the endpoints\. Set the clocks by NTP\.$/,
      ),
      expect.stringMatching(
        /^error {4}clock-behind: The newest L1 block is 3\d\d\d s in the future of this machine's clock\. Set the clock by NTP\.$/,
      ),
    ]);
    expect(examined.code).toBe(1);
  });

  it('ends in time while L1 hangs', async () => {
    rig.l1.faults.arm({ kind: 'hang', count: 0, ms: HOUR_MS });
    try {
      const { url } = rig.l1;
      await bad(
        {},
        `l1-unreachable: The L1 at ${url} cannot be used: no answer within 4 s. Start it, or correct --l1.`,
        `beacon-unreachable: The beacon node at ${url} cannot be used: no answer within 4 s. Start it, or correct --l1.beacon (and --l1.beacon-header).`,
      );
    } finally {
      rig.l1.faults.arm(null);
    }
  });

  it('says by WebSocket, too, that the engine has another secret', async () => {
    const jwtFile = join(rig.group.folder, 'other.jwt');
    writeFileSync(jwtFile, randomBytes(32).toString('hex'));
    const engineUrl = rig.geth.engineUrl.replace('http', 'ws');
    await bad(
      { geth: { jwtFile, engineUrl } },
      `engine-secret-refused: The execution engine at ${engineUrl} refuses our JWT secret: it answers HTTP 401. Start both with the same secret file: --l2.jwt-secret here, --authrpc.jwtsecret there.`,
    );
  });

  it('lists every flag that cannot be used', async () => {
    const { lines, code } = await doctor({ flags: ['--l1.rpc-kind=standard', '--metrics.port=x'] });
    expect(lines).toEqual([
      expect.stringMatching(/^error {4}config-invalid: --l1\.rpc-kind: "standard": unknown flag/),
      expect.stringMatching(/^error {4}config-invalid: --metrics\.port/),
      'The node would not work: 2 errors, 0 warnings.',
    ]);
    expect(code).toBe(1);
  });

  it('knows a node that runs already', async () => {
    await rig.startNode([]);
    const { port } = new URL(rig.node.url);
    const { lines, code } = await doctor({ flags: [`--rpc.port=${port}`] });
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([
      expect.stringMatching(/^warning {2}port-of-node: A node already has 127\.0\.0\.1 port /),
    ]);
    expect(code).toBe(0);
    await rig.node.process.stop();
  });
});
