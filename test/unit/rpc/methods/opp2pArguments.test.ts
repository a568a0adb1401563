import { describe, expect, it } from 'vitest';
import { peerIdFault } from '../../../../src/p2p/api/peerIdText.js';
import { RpcFault } from '../../../../src/rpc/errors.js';
import { opp2pMethods } from '../../../../src/rpc/methods/opp2pMethods.js';
import type { RpcP2pPort } from '../../../../src/rpc/ports.js';
import { FakeClock } from '../../../support/fakeClock.js';

const called: unknown[] = [];
const port = {
  peerIdFault,
  call: async (_name: string, argument: unknown) => void called.push(argument),
} as unknown as RpcP2pPort;
const rows = new Map(opp2pMethods(port, new FakeClock()).map((row) => [row.name, row]));

/** What the port was asked for, or the fault as `code text`. */
async function asked(name: string, params: string): Promise<unknown> {
  const row = rows.get(name);
  if (row === undefined) throw new Error(`no method ${name}`);
  called.length = 0;
  try {
    await row.call(row.parse(params), new AbortController().signal);
    return called[0];
  } catch (thrown) {
    if (!(thrown instanceof RpcFault)) throw thrown;
    return `${thrown.code} ${thrown.message}`;
  }
}

const kind = (what: string, type: string) =>
  `-32602 invalid argument 0: json: cannot unmarshal ${what} into Go ${type}`;

describe('addresses', () => {
  it.each([
    ['"10.1.2.3"', '10.1.2.3'],
    ['"2001:0DB8:0:0:0:0:0:1"', '2001:db8::1'],
    ['"::ffff:10.1.2.3"', '10.1.2.3'],
    ['"::1.2.3.4"', '::102:304'],
    ['"1:0:0:2:0:0:0:3"', '1:0:0:2::3'],
    ['""', '-32000 invalid request'],
    ['null', '-32000 invalid request'],
    ['"fe80::1%eth0"', '-32602 invalid argument 0: invalid IP address: fe80::1%eth0'],
    ['"1.2.3"', '-32602 invalid argument 0: invalid IP address: 1.2.3'],
    ['5', kind('number', 'value of type *net.IP')],
    ['[]', kind('array', 'value of type *net.IP')],
  ])('%s is %s', async (json, outcome) => {
    expect(await asked('opp2p_blockAddr', `[${json}]`)).toBe(outcome);
  });

  it('are required', async () => {
    const missing = '-32602 missing value for required argument 0';
    expect(await asked('opp2p_unblockAddr', '[]')).toBe(missing);
  });
});

describe('networks', () => {
  const net = (mask: string) => `[{"IP":"10.1.2.3","Mask":${mask}}]`;
  const field = (name: string) => `struct field IPNet.${name}`;

  it('are an address and the bytes of a mask', async () => {
    const read = { IP: '10.1.2.3', Mask: '//8AAA==' };
    expect(await asked('opp2p_blockSubnet', net('"//8AAA=="'))).toEqual(read);
    expect(await asked('opp2p_blockSubnet', net('[255,255,0,0]'))).toEqual(read);
  });

  it.each(['[]', '[null]', '[{}]', '[{"IP":"10.1.2.3"}]', '[{"Mask":"//8AAA=="}]'])(
    '%s is none',
    async (params) => {
      expect(await asked('opp2p_unblockSubnet', params)).toBe('-32000 invalid request');
    },
  );

  it.each([
    ['"!"', '-32602 invalid argument 0: illegal base64 data at input byte 0'],
    ['"//8AAA"', '-32602 invalid argument 0: illegal base64 data at input byte 4'],
    ['5', kind('number', `${field('Mask')} of type net.IPMask`)],
    ['[256]', kind('number 256', `${field('Mask')} of type uint8`)],
    ['["a"]', kind('string', `${field('Mask')} of type uint8`)],
  ])('have no mask %s', async (mask, fault) => {
    expect(await asked('opp2p_unblockSubnet', net(mask))).toBe(fault);
  });
});

describe('peer ids', () => {
  const unread = (why: string) => `-32602 invalid argument 0: failed to parse peer ID: ${why}`;
  it.each([
    ['5', kind('number', 'value of type string')],
    ['{}', kind('object', 'value of type string')],
    ['null', unread('invalid cid: cid too short')],
    ['"a"', unread('invalid cid: cid too short')],
    ['"1"', unread('multihash too short. must be >= 2 bytes')],
    ['"Qm"', unread('length greater than remaining number of bytes in buffer')],
    ['"enr:-"', unread('invalid cid: selected encoding not supported')],
  ])('%s is %s', async (json, fault) => {
    expect(await asked('opp2p_protectPeer', `[${json}]`)).toBe(fault);
  });
});
