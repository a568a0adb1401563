import { Buffer } from 'node:buffer';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ENR } from '@chainsafe/enr';
import { secp256k1 } from '@noble/curves/secp256k1.js';

const ENODE = /^enode:\/\/([0-9a-f]{128})@([^/?]{1,255})$/i;
const MAX_PORT = 65_535;

/**
 * The record to ask a bootnode by: its own (`enr:`), or one made of an `enode://` address, which nobody has signed.
 * Names are resolved now, and the first IPv4 address counts.
 * @throws Error for what is neither, or a name that does not resolve.
 */
export async function bootnodeRecord(text: string): Promise<ENR> {
  if (text.startsWith('enr:')) return ENR.decodeTxt(text);
  const [address = '', query = ''] = text.split('?');
  const [, key = '', place = ''] = ENODE.exec(address) ?? [];
  const colon = place.lastIndexOf(':');
  const port = new URLSearchParams(query).get('discport') ?? place.slice(colon + 1);
  const udp = Number(port);
  if (key === '' || colon < 0 || !Number.isInteger(udp) || udp < 1 || udp > MAX_PORT) {
    throw new Error('not a node record or enode address');
  }
  const ip = await resolveIp4(place.slice(0, colon));
  const publicKey = secp256k1.Point.fromHex(`04${key.toLowerCase()}`).toBytes(true);
  const values = {
    id: Buffer.from('v4'),
    secp256k1: publicKey,
    ip: Uint8Array.from(ip.split('.').map(Number)),
    udp: Uint8Array.of(udp >> 8, udp & 0xff),
  };
  return new ENR(values, 0n, new Uint8Array(64));
}

/** The first IPv4 address of a name; an address is itself. @throws Error */
export async function resolveIp4(host: string): Promise<string> {
  if (isIP(host) === 4) return host;
  return (await lookup(host, { family: 4 })).address;
}
