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
  return [...keyRules(p2p), ...addressRules(p2p), ...protocolRules(p2p), ...countRules(p2p)];
}

function keyRules({ privRaw, privPath }: P2pConfig): Rule[] {
  const isBadKey = privRaw !== null && !PRIVATE_KEY.test(privRaw);
  const isWithoutKey = privRaw === null && privPath === '';
  return [
    [isBadKey, 'p2p.priv.raw', '(secret)', 'a private key of 64 hex digits'],
    [isWithoutKey, 'p2p.priv.path', privPath, 'a file for the private key'],
  ];
}

function addressRules({ listen, advertise }: P2pConfig): Rule[] {
  return [
    [listen.ip !== '' && isIP(listen.ip) === 0, 'p2p.listen.ip', listen.ip, 'an IP address'],
    portRule('p2p.listen.tcp', listen.tcpPort),
    portRule('p2p.listen.udp', listen.udpPort),
    portRule('p2p.advertise.tcp', advertise.tcpPort),
    portRule('p2p.advertise.udp', advertise.udpPort),
  ];
}

function protocolRules({ scoring, muxers, security, peerstorePath }: P2pConfig): Rule[] {
  const isKnown = (known: readonly string[], names: readonly string[]) =>
    names.length > 0 && names.every((name) => known.includes(name));
  const isSecurityGood =
    isKnown(['noise', 'tls'], security) || (security.length === 1 && security[0] === 'none');
  return [
    [!['none', 'light', ''].includes(scoring), 'p2p.scoring', scoring, 'none or light'],
    [
      !isKnown(['yamux', 'mplex'], muxers),
      'p2p.mux',
      muxers.join(','),
      'a list of yamux and mplex',
    ],
    [!isSecurityGood, 'p2p.security', security.join(','), 'a list of noise and tls, or none alone'],
    [peerstorePath === '', 'p2p.peerstore.path', '', "a directory, or 'memory'"],
  ];
}

function countRules({ peers, mesh }: P2pConfig): Rule[] {
  const isBadTide = peers.low === 0 || peers.high === 0 || peers.low > peers.high;
  const meshRule = (name: string, size: number): Rule => [
    size < 1 || size > MAX_MESH,
    name,
    size,
    `1 to ${MAX_MESH}`,
  ];
  return [
    [isBadTide, 'p2p.peers.lo', peers.low, `1 up to --p2p.peers.hi (${peers.high})`],
    meshRule('p2p.gossip.mesh.d', mesh.d),
    meshRule('p2p.gossip.mesh.lo', mesh.low),
    meshRule('p2p.gossip.mesh.dhi', mesh.high),
    meshRule('p2p.gossip.mesh.dlazy', mesh.lazy),
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
