import { isIP } from 'node:net';
import type { PeerDump, PeerInfo, PeerStats, SubnetInfo } from '../../types/peerInfo.js';
import {
  GO_BOOL,
  GoTextError,
  type GoType,
  goString,
  goStruct,
  selfDecoding,
} from '../json/goDecode.js';
import { encodeUtf8, escapeRawGo, unquoteGo } from '../json/goString.js';
import type { RpcP2pPort } from '../ports.js';
import { type MethodRow, methodRow, NOTHING } from './methodRow.js';

/** `net.IP`: a text, empty for none. */
const GO_IP: GoType<string> = textType('net.IP', (text) => {
  if (text !== '' && isIP(text) === 0) throw new GoTextError(`invalid IP address: ${text}`);
  return text;
});

const GO_SUBNET = goStruct<SubnetInfo>('net.IPNet', { IP: GO_IP, Mask: goString('net.IPMask') });

/** `opp2p_*`: the peers as the operator sees and commands them. op-node `op-node/p2p/rpc_server.go`. */
export function opp2pMethods(port: RpcP2pPort): readonly MethodRow[] {
  return [...lookMethods(port), ...peerMethods(port), ...blockMethods(port)];
}

function lookMethods(port: RpcP2pPort): readonly MethodRow[] {
  return [
    methodRow<[], PeerInfo>({
      name: 'opp2p_self',
      params: [],
      result: goJson,
      call: () => port.call('self', null),
    }),
    methodRow<[boolean], PeerDump>({
      name: 'opp2p_peers',
      params: [GO_BOOL],
      result: goJson,
      call: ([isConnected]) => port.call('peers', isConnected),
    }),
    methodRow<[], PeerStats>({
      name: 'opp2p_peerStats',
      params: [],
      result: goJson,
      call: () => port.call('peerStats', null),
    }),
    methodRow<[], readonly string[]>({
      name: 'opp2p_discoveryTable',
      params: [],
      result: goJson,
      call: () => port.call('discoveryTable', null),
    }),
  ];
}

function peerMethods(port: RpcP2pPort): readonly MethodRow[] {
  const peerId = textType('peer.ID', (text) => {
    const fault = port.peerIdFault(text);
    if (fault !== null) throw new GoTextError(fault);
    return text;
  });
  const onPeer = (name: PeerCommand): MethodRow =>
    methodRow<[string], void>({
      name: `opp2p_${name}`,
      params: [peerId],
      result: NOTHING,
      call: ([peer]) => port.call(name, peer),
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
      call: ([address]) => port.call('connectPeer', address),
    }),
  ];
}

type PeerCommand = 'blockPeer' | 'unblockPeer' | 'protectPeer' | 'unprotectPeer' | 'disconnectPeer';

function blockMethods(port: RpcP2pPort): readonly MethodRow[] {
  const list = (name: 'listBlockedPeers' | 'listBlockedAddrs'): MethodRow =>
    methodRow<[], readonly string[]>({
      name: `opp2p_${name}`,
      params: [],
      result: goJson,
      call: () => port.call(name, null),
    });
  const onAddress = (name: 'blockAddr' | 'unblockAddr'): MethodRow =>
    methodRow<[string], void>({
      name: `opp2p_${name}`,
      params: [GO_IP],
      result: NOTHING,
      call: ([ip]) => port.call(name, ip),
    });
  const onSubnet = (name: 'blockSubnet' | 'unblockSubnet'): MethodRow =>
    methodRow<[SubnetInfo], void>({
      name: `opp2p_${name}`,
      params: [GO_SUBNET],
      result: NOTHING,
      call: ([subnet]) => port.call(name, subnet),
    });
  return [
    list('listBlockedPeers'),
    list('listBlockedAddrs'),
    onAddress('blockAddr'),
    onAddress('unblockAddr'),
    onSubnet('blockSubnet'),
    onSubnet('unblockSubnet'),
    methodRow<[], readonly SubnetInfo[]>({
      name: 'opp2p_listBlockedSubnets',
      params: [],
      result: goJson,
      call: () => port.call('listBlockedSubnets', null),
    }),
  ];
}

/** A type that is read from its text. @param read throws GoTextError. */
function textType(name: string, read: (text: string) => string): GoType<string> {
  const plain = goString(name);
  return selfDecoding(name, plain.zero, (json) =>
    json[0] === '"' ? read(unquoteGo(json)) : read(''),
  );
}

/** JSON as Go's encoder writes it; what peers say of themselves may hold anything. */
function goJson(value: unknown): string {
  return escapeRawGo(encodeUtf8(JSON.stringify(value)));
}
