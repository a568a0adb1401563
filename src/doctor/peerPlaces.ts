import { bootnodeRecord } from '../p2p/discovery/bootnode.js';
import { DEFAULT_BOOTNODES } from '../p2p/discovery/bootnodes.js';
import { parsePeerAddress } from '../p2p/host/staticPeers.js';
import type { TcpPlace } from '../transport/tcpProbe.js';

/** Where a peer is to be reached; `tcp` is null where it takes no TCP that we know of. */
export interface PeerPlace {
  readonly host: string;
  readonly tcp: TcpPlace | null;
}

const HOSTS: readonly string[] = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'];

/** The bootnodes that a node starts from. @param given null takes the built-in ones. */
export function bootnodesOf(given: readonly string[] | null): readonly string[] {
  return given ?? DEFAULT_BOOTNODES;
}

/** Of a static peer. @throws NodeError P2P_BAD_ADDRESS, Error. */
export function staticPlace(text: string): PeerPlace {
  const components = parsePeerAddress(text).address.getComponents();
  const valueAfter = (names: readonly string[]): string | undefined =>
    components.find(({ name }) => names.includes(name))?.value;
  const host = valueAfter(HOSTS) ?? '';
  return { host, tcp: tcpPlace(host, Number(valueAfter(['tcp']))) };
}

/** Of a bootnode, its name resolved. @throws Error for what is none, or does not resolve. */
export async function bootnodePlace(text: string): Promise<PeerPlace> {
  const record = await bootnodeRecord(text);
  const host = record.ip ?? record.ip6 ?? '';
  const [address = ''] = text.split('?');
  const enodePort = Number(address.slice(address.lastIndexOf(':') + 1));
  return { host, tcp: tcpPlace(host, text.startsWith('enr:') ? record.tcp : enodePort) };
}

function tcpPlace(host: string, port: number | undefined): TcpPlace | null {
  if (host === '' || port === undefined || !Number.isInteger(port) || port < 1) return null;
  return { host, port };
}
