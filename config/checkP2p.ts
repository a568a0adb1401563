import { isIP } from 'node:net';
import type { P2pConfig } from './p2pConfig.js';
import type { Settings } from './schema.js';

/** Most mesh peers that a mesh flag may ask for; op-node `op-node/p2p/config.go`. */
const MAX_MESH = 1000;
const PRIVATE_KEY = /^(?:0x)?[0-9a-fA-F]{64}$/;

/** A flag, its value, and what was expected. */
type Rule = readonly [isBroken: boolean, name: string, value: unknown, expected: string];

/**
 * What the peer-to-peer flags break, one line each; nothing is asked of a node without peers but the signer's rules.
 * Spec: op-node `op-node/p2p/cli/load_config.go`, `op-node/p2p/config.go` Check, `load_signer.go`.
 */
export function checkP2p(p2p: P2pConfig, settings: Settings): string[] {
  const rules = [...signerRules(p2p, settings), ...(p2p.isDisabled ? [] : peerRules(p2p))];
  return rules.flatMap(([isBroken, name, value, expected]) =>
    isBroken ? [`--${name}: ${JSON.stringify(value)}: expected ${expected}`] : [],
  );
}

function signerRules(p2p: P2pConfig, { get }: Settings): Rule[] {
  const endpoint = get('signer.endpoint');
  const hasOne = (endpoint === '') !== (get('signer.address') === '');
  const key = p2p.sequencerKey;
  return [
    [hasOne, 'signer.endpoint', endpoint, '--signer.address beside it, or neither'],
    [
      key !== null && p2p.signer !== null,
      'signer.endpoint',
      endpoint,
      'no --p2p.sequencer.key beside it',
    ],
    [
      key !== null && !PRIVATE_KEY.test(key),
      'p2p.sequencer.key',
      '(secret)',
      'a private key of 64 hex digits',
    ],
  ];
}

function peerRules(p2p: P2pConfig): Rule[] {
  const { listen, advertise, peers, mesh } = p2p;
  const isBadMesh = (size: number) => size < 1 || size > MAX_MESH;
  const meshExpected = `1 to ${MAX_MESH}`;
  const hasNone = p2p.security.includes('none');
  return [
    [
      p2p.privRaw !== null && !PRIVATE_KEY.test(p2p.privRaw),
      'p2p.priv.raw',
      '(secret)',
      'a private key of 64 hex digits',
    ],
    [
      p2p.privRaw === null && p2p.privPath === '',
      'p2p.priv.path',
      p2p.privPath,
      'a file for the private key',
    ],
    [listen.ip !== '' && isIP(listen.ip) === 0, 'p2p.listen.ip', listen.ip, 'an IP address'],
    portRule('p2p.listen.tcp', listen.tcpPort),
    portRule('p2p.listen.udp', listen.udpPort),
    portRule('p2p.advertise.tcp', advertise.tcpPort),
    portRule('p2p.advertise.udp', advertise.udpPort),
    [!['none', 'light', ''].includes(p2p.scoring), 'p2p.scoring', p2p.scoring, 'none or light'],
    [
      p2p.muxers.length === 0 || p2p.muxers.some((mux) => !['yamux', 'mplex'].includes(mux)),
      'p2p.mux',
      p2p.muxers.join(','),
      'a list of yamux and mplex',
    ],
    [
      p2p.security.length === 0 ||
        p2p.security.some((name) => !['noise', 'tls', 'none'].includes(name)) ||
        (hasNone && p2p.security.length > 1),
      'p2p.security',
      p2p.security.join(','),
      'a list of noise and tls, or none alone',
    ],
    [p2p.peerstorePath === '', 'p2p.peerstore.path', '', "a directory, or 'memory'"],
    [
      peers.low === 0 || peers.high === 0 || peers.low > peers.high,
      'p2p.peers.lo',
      peers.low,
      `1 up to --p2p.peers.hi (${peers.high})`,
    ],
    [isBadMesh(mesh.d), 'p2p.gossip.mesh.d', mesh.d, meshExpected],
    [isBadMesh(mesh.low), 'p2p.gossip.mesh.lo', mesh.low, meshExpected],
    [isBadMesh(mesh.high), 'p2p.gossip.mesh.dhi', mesh.high, meshExpected],
    [isBadMesh(mesh.lazy), 'p2p.gossip.mesh.dlazy', mesh.lazy, meshExpected],
  ];
}

function portRule(name: string, port: number): Rule {
  return [
    port !== 0 && (port < 1024 || port > 65_535),
    name,
    port,
    '0, or a port from 1024 to 65535',
  ];
}
