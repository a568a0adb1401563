import { isIP } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import type { SubnetInfo } from '../../types/peerInfo.js';
import { failed } from '../errors.js';
import {
  GO_BOOL,
  GoTextError,
  type GoType,
  goPointer,
  goString,
  goStruct,
} from '../json/goDecode.js';
import { GO_MASK } from '../json/goMask.js';
import type { RpcP2pPort } from '../ports.js';
import { type MethodRow, methodRow, NOTHING } from './methodRow.js';
import { type PeerRead, PeerReads } from './peerReads.js';

/** The argument of the address methods; in faults op-node names the pointer. */
const GO_IP = ipType('*net.IP');

const GO_SUBNET = goStruct<SubnetInfo>('net.IPNet', { IP: ipType('net.IP'), Mask: GO_MASK });

/** `opp2p_*`: the peers as the operator sees and commands them. op-node `op-node/p2p/rpc_server.go`. */
export function opp2pMethods(port: RpcP2pPort, clock: Clock): readonly MethodRow[] {
  const reads = new PeerReads(port, clock);
  return [
    ...(['self', 'peerStats', 'discoveryTable'] as const).map((name) => plainRead(reads, name)),
    methodRow<[boolean], string>({
      name: 'opp2p_peers',
      params: [GO_BOOL],
      result: (json) => json,
      call: ([isConnected]) => reads.read('peers', isConnected),
      kept: ([isConnected]) => reads.kept('peers', isConnected),
    }),
    ...peerMethods(port, reads),
    ...blockMethods(reads),
  ];
}

function plainRead(reads: PeerReads, name: Exclude<PeerRead, 'peers'>): MethodRow {
  return methodRow<[], string>({
    name: `opp2p_${name}`,
    params: [],
    result: (json) => json,
    call: () => reads.read(name, null),
    kept: () => reads.kept(name, null),
  });
}

function peerMethods(port: RpcP2pPort, reads: PeerReads): readonly MethodRow[] {
  const peerId = textType('peer.ID', 'string', (text) => {
    const fault = port.peerIdFault(text);
    if (fault !== null) throw new GoTextError(fault);
    return text;
  });
  const onPeer = (name: PeerCommand): MethodRow =>
    methodRow<[string], void>({
      name: `opp2p_${name}`,
      params: [peerId],
      result: NOTHING,
      call: ([peer]) => reads.command(name, peer),
    });
  return [
    onPeer('blockPeer'),
    onPeer('unblockPeer'),
    onPeer('protectPeer'),
    onPeer('unprotectPeer'),
    onPeer('disconnectPeer'),
    methodRow<[string], void>({
      name: 'opp2p_connectPeer',
      params: [goString('string')],
      result: NOTHING,
      call: ([address]) => reads.command('connectPeer', address),
    }),
  ];
}

type PeerCommand = 'blockPeer' | 'unblockPeer' | 'protectPeer' | 'unprotectPeer' | 'disconnectPeer';

function blockMethods(reads: PeerReads): readonly MethodRow[] {
  const onAddress = (name: 'blockAddr' | 'unblockAddr'): MethodRow =>
    methodRow<[string], void>({
      name: `opp2p_${name}`,
      params: [GO_IP],
      result: NOTHING,
      call: ([ip]) => {
        if (ip === '') throw failed('invalid request');
        return reads.command(name, ip);
      },
    });
  const onSubnet = (name: 'blockSubnet' | 'unblockSubnet'): MethodRow =>
    methodRow<[SubnetInfo | undefined], void>({
      name: `opp2p_${name}`,
      params: [goPointer(GO_SUBNET)],
      result: NOTHING,
      call: ([subnet]) => {
        if (!subnet || subnet.IP === '' || subnet.Mask === '') throw failed('invalid request');
        return reads.command(name, subnet);
      },
    });
  return [
    plainRead(reads, 'listBlockedPeers'),
    plainRead(reads, 'listBlockedAddrs'),
    onAddress('blockAddr'),
    onAddress('unblockAddr'),
    onSubnet('blockSubnet'),
    onSubnet('unblockSubnet'),
    plainRead(reads, 'listBlockedSubnets'),
  ];
}

/** An address as Go writes it again; empty for none. Zones are refused. */
function ipType(inFaults: string): GoType<string> {
  return textType('net.IP', inFaults, (text) => {
    if (text === '') return text;
    if (isIP(text) === 0 || text.includes('%')) {
      throw new GoTextError(`invalid IP address: ${text}`);
    }
    return plainIp(text);
  });
}

/** IPv6 shortened as by RFC 5952; an IPv4 address within one as such. */
function plainIp(text: string): string {
  if (isIP(text) === 4) return text;
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const inner = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (inner === null) return short;
  const [high, low] = [inner[1], inner[2]].map((digits) => Number.parseInt(digits ?? '', 16));
  return [high, low].flatMap((half = 0) => [half >> 8, half & 255]).join('.');
}

/**
 * A type that is read from its text; `null` is the empty one.
 * @param inFaults the type that a fault names where it is no text. @param read throws GoTextError.
 */
function textType(name: string, inFaults: string, read: (text: string) => string): GoType<string> {
  const plain = goString(inFaults);
  return {
    name,
    zero: plain.zero,
    decode: (cursor, context, place) => {
      const isText = cursor.isAt('"') || cursor.isAt('n');
      const text = plain.decode(cursor, context, place);
      return isText ? read(text) : text;
    },
  };
}
