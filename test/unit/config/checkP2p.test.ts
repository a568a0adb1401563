import { describe, expect, it } from 'vitest';
import { load } from '../../../config/load.js';
import { hasCode } from '../../../src/errors/nodeError.js';
import { BASE_ARGS, BASE_FILES, filesOf } from '../../support/configFiles.js';

function problemsOf(...args: string[]): readonly string[] {
  try {
    load([...BASE_ARGS, ...args], {}, filesOf(BASE_FILES));
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message.split('\n');
  }
  return [];
}

const PEER_PROBLEMS: readonly (readonly [arg: string, line: string])[] = [
  ['--p2p.listen.ip=host', '--p2p.listen.ip: "host": expected an IP address'],
  ['--p2p.listen.tcp=80', '--p2p.listen.tcp: 80: expected 0, or a port from 1024 to 65535'],
  ['--p2p.listen.udp=65536', '--p2p.listen.udp: 65536: expected 0, or a port from 1024 to 65535'],
  ['--p2p.advertise.tcp=1', '--p2p.advertise.tcp: 1: expected 0, or a port from 1024 to 65535'],
  ['--p2p.advertise.udp=1', '--p2p.advertise.udp: 1: expected 0, or a port from 1024 to 65535'],
  ['--p2p.scoring=heavy', '--p2p.scoring: "heavy": expected none or light'],
  ['--p2p.mux=quic', '--p2p.mux: "quic": expected a list of yamux and mplex'],
  ['--p2p.mux=', '--p2p.mux: "": expected a list of yamux and mplex'],
  [
    '--p2p.security=none,noise',
    '--p2p.security: "none,noise": expected a list of noise and tls, or none alone',
  ],
  ['--p2p.security=ssl', '--p2p.security: "ssl": expected a list of noise and tls, or none alone'],
  ['--p2p.peerstore.path=', '--p2p.peerstore.path: "": expected a directory, or \'memory\''],
  ['--p2p.peers.lo=31', '--p2p.peers.lo: 31: expected 1 up to --p2p.peers.hi (30)'],
  ['--p2p.peers.lo=0', '--p2p.peers.lo: 0: expected 1 up to --p2p.peers.hi (30)'],
  ['--p2p.gossip.mesh.d=0', '--p2p.gossip.mesh.d: 0: expected 1 to 1000'],
  ['--p2p.gossip.mesh.lo=1001', '--p2p.gossip.mesh.lo: 1001: expected 1 to 1000'],
  ['--p2p.gossip.mesh.dhi=0', '--p2p.gossip.mesh.dhi: 0: expected 1 to 1000'],
  ['--p2p.gossip.mesh.dlazy=0', '--p2p.gossip.mesh.dlazy: 0: expected 1 to 1000'],
  ['--p2p.priv.path=', '--p2p.priv.path: "": expected a file for the private key'],
  ['--p2p.priv.raw=12', '--p2p.priv.raw: "(secret)": expected a private key of 64 hex digits'],
];

describe('checkP2p', () => {
  it.each(PEER_PROBLEMS)('refuses %s, unless there are no peers', (arg, line) => {
    expect(problemsOf(arg)).toEqual([line]);
    expect(problemsOf(arg, '--p2p.disable')).toEqual([]);
  });

  it('takes the old scoring flags only where the new one is empty', () => {
    const line = '--p2p.scoring: "heavy": expected none or light';
    expect(problemsOf('--p2p.scoring.peers=heavy')).toEqual([]);
    expect(problemsOf('--p2p.scoring=', '--p2p.scoring.peers=heavy')).toEqual([line]);
    expect(problemsOf('--p2p.scoring=', '--p2p.scoring.topics=heavy')).toEqual([line]);
  });

  it('accepts security none alone', () => {
    expect(problemsOf('--p2p.security=none')).toEqual([]);
  });

  it('wants one signer, and all of it', () => {
    const key = `--p2p.sequencer.key=${'ab'.repeat(32)}`;
    const remote = ['--signer.endpoint=http://s', '--signer.address=0x1'];
    expect(problemsOf(key)).toEqual([]);
    expect(problemsOf(...remote)).toEqual([]);
    expect(problemsOf('--p2p.disable', key, ...remote)).toEqual([
      '--signer.endpoint: "http://s": expected no --p2p.sequencer.key beside it',
    ]);
    expect(problemsOf('--signer.endpoint=http://s')).toEqual([
      '--signer.endpoint: "http://s": expected --signer.address beside it, or neither',
    ]);
    expect(problemsOf('--signer.address=0x1')).toEqual([
      '--signer.endpoint: "": expected --signer.address beside it, or neither',
    ]);
    expect(problemsOf('--p2p.sequencer.key=zz')).toEqual([
      '--p2p.sequencer.key: "(secret)": expected a private key of 64 hex digits',
    ]);
  });
});
