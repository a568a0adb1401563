import { isIP } from 'node:net';
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
export function checkP2p(settings: Settings): string[] {
  const isDisabled = settings.get('p2p.disable');
  const rules = [...signerRules(settings), ...(isDisabled ? [] : peerRules(settings))];
  return rules.flatMap(([isBroken, name, value, expected]) =>
    isBroken ? [`--${name}: ${JSON.stringify(value)}: expected ${expected}`] : [],
  );
}

function signerRules({ get }: Settings): Rule[] {
  const endpoint = get('signer.endpoint');
  const hasEndpoint = endpoint !== '';
  const hasAddress = get('signer.address') !== '';
  const hasSigner = hasEndpoint && hasAddress;
  const key = get('p2p.sequencer.key');
  return [
    [
      hasEndpoint !== hasAddress,
      'signer.endpoint',
      endpoint,
      '--signer.address beside it, or neither',
    ],
    [key !== '' && hasSigner, 'signer.endpoint', endpoint, 'no --p2p.sequencer.key beside it'],
    [
      key !== '' && !PRIVATE_KEY.test(key),
      'p2p.sequencer.key',
      '(secret)',
      'a private key of 64 hex digits',
    ],
  ];
}

function peerRules(settings: Settings): Rule[] {
  return [keyRules, addressRules, protocolRules, countRules].flatMap((rules) => rules(settings));
}

function keyRules({ get }: Settings): Rule[] {
  const key = get('p2p.priv.raw');
  const isWithoutKey = key === '' && get('p2p.priv.path') === '';
  return [
    [
      key !== '' && !PRIVATE_KEY.test(key),
      'p2p.priv.raw',
      '(secret)',
      'a private key of 64 hex digits',
    ],
    [isWithoutKey, 'p2p.priv.path', '', 'a file for the private key'],
  ];
}

function addressRules({ get }: Settings): Rule[] {
  const ip = get('p2p.listen.ip');
  const ports = [
    'p2p.listen.tcp',
    'p2p.listen.udp',
    'p2p.advertise.tcp',
    'p2p.advertise.udp',
  ] as const;
  return [
    [ip !== '' && isIP(ip) === 0, 'p2p.listen.ip', ip, 'an IP address'],
    ...ports.map((name) => portRule(name, get(name))),
  ];
}

function protocolRules({ get }: Settings): Rule[] {
  // The old flags count where the new one is empty.
  const scoring = get('p2p.scoring') || get('p2p.scoring.peers') || get('p2p.scoring.topics');
  const muxers = splitText(get('p2p.mux').toLowerCase());
  const security = splitText(get('p2p.security').toLowerCase());
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
    [get('p2p.peerstore.path') === '', 'p2p.peerstore.path', '', "a directory, or 'memory'"],
  ];
}

function countRules({ get }: Settings): Rule[] {
  const low = get('p2p.peers.lo');
  const high = get('p2p.peers.hi');
  const isBadTide = low === 0 || high === 0 || low > high;
  const meshes = [
    'p2p.gossip.mesh.d',
    'p2p.gossip.mesh.lo',
    'p2p.gossip.mesh.dhi',
    'p2p.gossip.mesh.dlazy',
  ] as const;
  return [
    [isBadTide, 'p2p.peers.lo', low, `1 up to --p2p.peers.hi (${high})`],
    ...meshes.map((name) => meshRule(name, get(name))),
  ];
}

function meshRule(name: string, size: number): Rule {
  return [size < 1 || size > MAX_MESH, name, size, `1 to ${MAX_MESH}`];
}

function portRule(name: string, port: number): Rule {
  return [
    port !== 0 && (port < 1024 || port > 65_535),
    name,
    port,
    '0, or a port from 1024 to 65535',
  ];
}

function splitText(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
