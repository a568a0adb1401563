import { toNodeError } from '../../errors/nodeError.js';
import { peerIdOfPrivateKey } from '../../p2p/keys.js';
import { parsePrivateKey } from '../../p2p/privateKey.js';
import type { P2pOptions } from '../../types/p2pOptions.js';
import type { Check, DoctorContext } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import type { PeerPlace } from '../peerPlaces.js';
import { systemReason } from '../reason.js';

/** Peers of a kind that are tried; lists are a few long. */
const MAX_TRIED = 50;

/** What the peer-to-peer flags name: our key, static peers, bootnodes, the networks that are let in. */
export const p2pCheck: Check = {
  name: 'p2p',
  run: async (context) => {
    const { p2p } = context.config;
    if (p2p === null) return [];
    // Brings what reads addresses and records, which no other check needs.
    const places = await import('../peerPlaces.js');
    const { netRestriction } = await import('../../p2p/discovery/foundPeer.js');
    const letIn = {
      isAllowed: netRestriction(p2p.netRestrict),
      isRestricted: p2p.netRestrict.length > 0,
    };
    const bootnodes = p2p.isDiscoveryEnabled ? places.bootnodesOf(p2p.bootnodes) : [];
    const findings = await Promise.all([
      keyFindings(context, p2p),
      staticFindings(context, await placesOf(p2p.staticPeers, places.staticPlace), letIn),
      bootnodeFindings(context, await placesOf(bootnodes, places.bootnodePlace), letIn),
    ]);
    const masks = p2p.netRestrict.filter(
      (mask) => !netRestriction([mask])(mask.split('/')[0] ?? ''),
    );
    return [
      ...findings.flat(),
      ...masks.map((mask) =>
        found('p2p-netrestrict-malformed', `The mask ${JSON.stringify(mask)} cannot be read`),
      ),
    ];
  },
};

/** Which addresses are let in. */
interface Restriction {
  readonly isAllowed: (ip: string) => boolean;
  readonly isRestricted: boolean;
}

interface Peer {
  readonly text: string;
  /** An error where it cannot be read. */
  readonly place: PeerPlace | Error;
}

function placesOf(
  texts: readonly string[],
  read: (text: string) => PeerPlace | Promise<PeerPlace>,
): Promise<readonly Peer[]> {
  return Promise.all(
    texts.slice(0, MAX_TRIED).map(async (text) => {
      try {
        return { text, place: await read(text) };
      } catch (thrown) {
        return { text, place: thrown instanceof Error ? thrown : new Error(String(thrown)) };
      }
    }),
  );
}

/** A key file that is not there is made by the node. */
async function keyFindings(
  { files }: DoctorContext,
  { identity }: P2pOptions,
): Promise<readonly Finding[]> {
  const isKey = 'key' in identity;
  const where = isKey ? '--p2p.priv.raw' : `--p2p.priv.path ${JSON.stringify(identity.path)}`;
  try {
    const text = isKey ? identity.key : await files.readText(identity.path);
    return [fine(`We are ${peerIdOfPrivateKey(parsePrivateKey(text))} to peers`)];
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT') return [];
    const reason = code === null ? toNodeError(thrown).message : systemReason(code);
    return [found('p2p-key-invalid', `${where} cannot be used: ${reason}`)];
  }
}

function systemCode(thrown: unknown): string | null {
  const { syscall, code } = thrown as NodeJS.ErrnoException;
  return syscall === undefined ? null : (code ?? null);
}

async function staticFindings(
  { network, signal }: DoctorContext,
  peers: readonly Peer[],
  { isAllowed, isRestricted }: Restriction,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    peers.map(async ({ text, place }): Promise<readonly Finding[]> => {
      if (place instanceof Error) {
        return [
          found(
            'p2p-static-malformed',
            `Static peer ${JSON.stringify(text)} cannot be read: ${place.message}`,
          ),
        ];
      }
      const { host, tcp } = place;
      const outside =
        isRestricted && !isAllowed(host)
          ? [found('p2p-static-outside', `Static peer ${host} is outside of --p2p.netrestrict`)]
          : [];
      if (tcp === null) return outside;
      const failure = await network.connectFailure(tcp, signal);
      const name = `Static peer ${tcp.host} port ${tcp.port}`;
      return failure === null
        ? [...outside, fine(`${name} takes connections`)]
        : [
            ...outside,
            found('p2p-static-unreachable', `${name} cannot be reached: ${systemReason(failure)}`),
          ];
    }),
  );
  return findings.flat();
}

async function bootnodeFindings(
  { network, signal }: DoctorContext,
  peers: readonly Peer[],
  { isAllowed }: Restriction,
): Promise<readonly Finding[]> {
  const malformed = peers.flatMap(({ text, place }) =>
    place instanceof Error
      ? [
          found(
            'p2p-bootnode-malformed',
            `Bootnode ${JSON.stringify(text)} cannot be used: ${place.message}`,
          ),
        ]
      : [],
  );
  const read = peers.flatMap(({ place }) => (place instanceof Error ? [] : [place]));
  const allowed = read.filter(({ host }) => isAllowed(host));
  if (read.length > 0 && allowed.length === 0) {
    const text = `All ${read.length} bootnodes are outside of --p2p.netrestrict`;
    return [...malformed, found('p2p-bootnodes-outside', text)];
  }
  const tried = allowed.flatMap(({ tcp }) => (tcp === null ? [] : [tcp]));
  if (tried.length === 0) return malformed;
  const failures = await Promise.all(tried.map((tcp) => network.connectFailure(tcp, signal)));
  const reached = failures.filter((failure) => failure === null).length;
  const of = `of ${tried.length} bootnodes by TCP`;
  return reached > 0
    ? [...malformed, fine(`Reached ${reached} ${of}`)]
    : [...malformed, found('p2p-bootnodes-unreachable', `Reached none ${of}`)];
}
