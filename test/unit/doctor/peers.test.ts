import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conductorCheck } from '../../../src/doctor/checks/conductor.js';
import { diskCheck } from '../../../src/doctor/checks/disk.js';
import { p2pCheck } from '../../../src/doctor/checks/p2p.js';
import { signerCheck } from '../../../src/doctor/checks/signer.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { transportFailed } from '../../../src/transport/transportErrors.js';
import type { DoctorWorld } from '../../support/doctorContext.js';
import { wrongIn } from '../../support/doctorContext.js';
import { L1_HEAD, l1Handlers, recordedDoctor } from '../../support/recordedDoctor.js';

const PEER = '16Uiu2HAm5G9vCRTkqjmoJPBnCLETjp6fMPfXkhvPEqPBMPvGRBwJ';
const ENODE =
  'enode://869d07b5932f17e8490990f75a3f94195e9504ddb6b85f7189e5a9c0a8fff8b00aecf6f3ac450ecba6cdabdb5858788a94bde2b613e0f2d82e9b395355f76d1a';

describe('the check of peers', () => {
  const p2p = (flags: readonly string[], world: DoctorWorld = {}) =>
    p2pCheck.run(recordedDoctor({ flags: ['--p2p.no-discovery', ...flags], ...world }));

  it('finds nothing wrong with a key and a peer that answers', async () => {
    const findings = await p2p([`--p2p.static=/ip4/10.0.0.1/tcp/9222/p2p/${PEER}`]);
    expect(wrongIn(findings)).toEqual([]);
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^We are 16Uiu2\w+ to peers$/),
      'Static peer 10.0.0.1 port 9222 takes connections',
    ]);
  });

  const reads = (readText: () => Promise<string>) => ({ files: { readText } });
  const system = (code: string) =>
    reads(async () => {
      throw Object.assign(new Error(code), { code, syscall: 'open' });
    });

  it.each([
    ['a key that is none', reads(async () => 'secret words'), ['error p2p-key-invalid']],
    ['a key of zeros', reads(async () => '00'.repeat(32)), ['error p2p-key-invalid']],
    ['a key that may not be read', system('EACCES'), ['error p2p-key-invalid']],
    ['a key that is made yet', system('ENOENT'), []],
  ])('knows %s', async (_, world, expected) => {
    const findings = await p2p([], world);
    expect(wrongIn(findings)).toEqual(expected);
    expect(JSON.stringify(findings)).not.toContain('secret words');
  });

  it.each([
    ['is no address', 'https://peer', ['error p2p-static-malformed']],
    ['has no peer id', '/ip4/10.0.0.1/tcp/9222', ['error p2p-static-malformed']],
    ['is down', `/dns4/peer.test/tcp/1/p2p/${PEER}`, ['warning p2p-static-unreachable']],
    ['speaks no TCP', `/ip4/10.0.0.1/udp/1/p2p/${PEER}`, []],
  ])('knows a static peer that %s', async (_, peer, expected) => {
    expect(
      wrongIn(await p2p([`--p2p.static=${peer}`], { connect: { 1: 'ECONNREFUSED' } })),
    ).toEqual(expected);
  });

  it('tells of networks that contradict the peers, or cannot be read', async () => {
    const flags = [`--p2p.static=/ip4/10.0.0.1/tcp/9222/p2p/${PEER}`];
    expect(wrongIn(await p2p([...flags, '--p2p.netrestrict=10.0.0.0/8']))).toEqual([]);
    expect(wrongIn(await p2p([...flags, '--p2p.netrestrict=192.168.0.0/16,nonsense']))).toEqual([
      'warning p2p-static-outside',
      'error p2p-netrestrict-malformed',
    ]);
  });

  const boot = (nodes: string, flags: readonly string[], connect = {}) =>
    p2pCheck.run(recordedDoctor({ flags: [`--p2p.bootnodes=${nodes}`, ...flags], connect }));

  it.each([
    ['one that answers', `${ENODE}@127.0.0.1:9`, [], []],
    ['one that is down', `${ENODE}@127.0.0.1:1`, [], ['warning p2p-bootnodes-unreachable']],
    ['one of two that is down', `${ENODE}@127.0.0.1:1,${ENODE}@127.0.0.1:9`, [], []],
    ['one that speaks UDP alone', `${ENODE}@127.0.0.1:0?discport=1`, [], []],
    ['what is none', 'enr:nonsense', [], ['warning p2p-bootnode-malformed']],
    [
      'one outside',
      `${ENODE}@127.0.0.1:9`,
      ['--p2p.netrestrict=10.0.0.0/8'],
      ['error p2p-bootnodes-outside'],
    ],
  ])('knows as bootnode %s', async (_, nodes, flags, expected) => {
    expect(wrongIn(await boot(nodes, flags, { 1: 'ETIMEDOUT' }))).toEqual(expected);
  });

  it('does nothing without peers', async () => {
    expect(await p2pCheck.run(recordedDoctor({ flags: ['--p2p.disable'] }))).toEqual([]);
  });
});

describe('the check of the signer', () => {
  const CHAIN_SIGNER = '0x90f79bf6eb2c4f870365e785982e1f101e93b906';
  /** Well-known keys of development chains. */
  const KEY_OF_SIGNER = '7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6';
  const OTHER_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
  const signer = (flags: readonly string[], world: DoctorWorld = {}) =>
    signerCheck.run(recordedDoctor({ flags, ...world }));
  const REMOTE = [
    '--sequencer.enabled',
    '--signer.endpoint=http://signer',
    '--signer.tls.enabled=false',
  ];

  it('says who signs the blocks of the chain', async () => {
    const findings = await signer([]);
    expect(findings).toEqual([
      expect.objectContaining({ text: `Blocks of this chain are signed by ${CHAIN_SIGNER}` }),
    ]);
  });

  it.each([
    ['ours', KEY_OF_SIGNER, []],
    ['another one', OTHER_KEY, ['error signer-wrong']],
  ])('knows a key that is %s', async (_, key, expected) => {
    const flags = ['--sequencer.enabled', `--p2p.sequencer.key=${key}`];
    const findings = await signer(flags);
    expect(wrongIn(findings)).toEqual(expected);
    expect(JSON.stringify(findings)).not.toContain(key);
  });

  it('warns of a sequencer without a key', async () => {
    expect(wrongIn(await signer(['--sequencer.enabled']))).toEqual(['warning signer-none']);
  });

  it.each([
    ['of the right key', CHAIN_SIGNER, async () => 'v1', []],
    ['of another key', `0x${'12'.repeat(20)}`, async () => 'v1', ['error signer-wrong']],
    [
      'that is down',
      CHAIN_SIGNER,
      async () => {
        throw new NodeError('P2P_NOT_SIGNED', 'down', { severity: 'temporary' });
      },
      ['error signer-unreachable'],
    ],
  ])('knows a remote signer %s', async (_, address, check, expected) => {
    const flags = [...REMOTE, `--signer.address=${address}`];
    expect(wrongIn(await signer(flags, { signer: check }))).toEqual(expected);
  });

  it.each([
    ['no proof', { eth_getProof: () => null }],
    ['a proof of something else', { eth_getProof: () => ({ accountProof: [], storageProof: [] }) }],
    ['nonsense', { eth_getProof: () => 7 }],
  ])('warns where L1 gives %s', async (_, handlers) => {
    const findings = await signer([], { l1: { ...l1Handlers(), ...handlers } });
    expect(wrongIn(findings)).toEqual(['warning signer-unknown']);
  });

  it('is silent where L1 does not answer: that is told already', async () => {
    const eth_getBlockByNumber = () => {
      throw transportFailed('http://l1', new Error('gone'));
    };
    expect(await signer([], { l1: { eth_getBlockByNumber } })).toEqual([]);
  });

  it('warns where the contract names nobody', async () => {
    const context = recordedDoctor();
    const { l1 } = context;
    if (l1 === null) throw new Error('there is an L1');
    const client = Object.assign(Object.create(l1.client) as typeof l1.client, {
      storageAt: async () => 0n,
      l1BlockRefByLabel: async () => ({ hash: L1_HEAD.hash }),
    });
    const findings = await signerCheck.run({ ...context, l1: { ...l1, client } });
    expect(wrongIn(findings)).toEqual(['warning signer-unknown']);
  });
});

describe('the check of the conductor', () => {
  const FLAGS = [
    '--sequencer.enabled',
    '--sequencer.stopped',
    '--conductor.enabled',
    '--conductor.rpc=http://conductor',
  ];
  const conductor = (conductor_leader: () => unknown) =>
    conductorCheck.run(
      recordedDoctor({ flags: FLAGS, others: { 'http://conductor': { conductor_leader } } }),
    );

  it.each([
    [true, 'leads'],
    [false, 'does not lead'],
  ])('says that this one %s', async (leads, text) => {
    const findings = await conductor(() => leads);
    expect(wrongIn(findings)).toEqual([]);
    expect(findings[0]?.text).toContain(text);
  });

  it.each([
    ['is down', () => Promise.reject(new Error('gone'))],
    ['answers nonsense', () => 'yes'],
  ])('tells of one that %s', async (_, answer) => {
    expect(wrongIn(await conductor(answer))).toEqual(['error conductor-unreachable']);
  });

  it('finds stored state that a conductor does not permit, or that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    try {
      const path = join(folder, 'state.json');
      const flags = [...FLAGS, `--rpc.admin-state=${path}`, '--p2p.disable'];
      const disk = () => diskCheck.run(recordedDoctor({ flags }));
      expect(wrongIn(await disk())).toEqual([]);
      writeFileSync(path, '{"sequencerStarted":true}');
      expect(wrongIn(await disk())).toEqual(['error state-invalid']);
      writeFileSync(path, 'nonsense');
      expect(wrongIn(await disk())).toEqual(['error state-invalid']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
