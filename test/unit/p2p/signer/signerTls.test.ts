import { generate } from 'selfsigned';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteSignerSettings } from '../../../../src/p2p/signer/createRemoteSigner.js';
import { createRemoteSigner } from '../../../../src/p2p/signer/createRemoteSigner.js';
import type { RemoteSigner } from '../../../../src/p2p/signer/remoteSigner.js';
import { SystemClock } from '../../../../src/runtime/clock.js';
import { NEVER } from '../../../support/deriveFakes.js';
import { addressOfTestKey, CHAIN_ID } from '../../../support/gossipRig.js';
import { RpcTestServer, sendJson } from '../../../support/rpcTestServer.js';

interface Certificate {
  readonly private: string;
  readonly cert: string;
}

/** Of an authority of its own, or of that one. */
async function certificate(name: string, ca?: Certificate): Promise<Certificate> {
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...(ca !== undefined && { ca: { key: ca.private, cert: ca.cert } }),
    extensions: [
      { name: 'basicConstraints', cA: ca === undefined },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
}

const SIGNATURE = `0x${'12'.repeat(65)}`;
let ca: Certificate;
let serverCert: Certificate;
let clientCert: Certificate;
let otherCa: Certificate;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([certificate('authority'), certificate('another')]);
  [serverCert, clientCert] = await Promise.all([
    certificate('server', ca),
    certificate('client', ca),
  ]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A signer's server that wants to see a certificate of the authority. */
async function startServer(): Promise<RpcTestServer> {
  const server = await RpcTestServer.start(
    ({ response, body }) =>
      sendJson(response, { jsonrpc: '2.0', id: (body as { id: number }).id, result: SIGNATURE }),
    { key: serverCert.private, cert: serverCert.cert, ca: ca.cert, requestCert: true },
  );
  cleanups.push(() => server.stop());
  return server;
}

function signerOf(
  settings: Partial<RemoteSignerSettings> & { readonly endpoint: string },
  files: Record<string, string>,
): RemoteSigner {
  const signer = createRemoteSigner(
    {
      address: addressOfTestKey(1),
      headers: [],
      tls: { ca: 'ca', cert: 'cert', key: 'key' },
      ...settings,
    },
    CHAIN_ID,
    {
      clock: new SystemClock(),
      random: Math.random,
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw new Error(`no file ${path}`);
        return text;
      },
    },
  );
  cleanups.push(() => signer.close());
  return signer;
}

const goodFiles = () => ({ ca: ca.cert, cert: clientCert.cert, key: clientCert.private });
const sign = (signer: RemoteSigner) => signer.sign(Buffer.alloc(32), NEVER);

describe('a remote signer over TLS', () => {
  it('is shown our certificate and gets our headers', async () => {
    const server = await startServer();
    const headers = ['x-api-key=a=b', 'nothing', 'x-other=1', 'x-other=2'];
    const signer = signerOf({ endpoint: server.url, headers }, goodFiles());
    expect(await sign(signer)).toHaveLength(65);
    expect(server.exchanges[0]?.request.headers).toMatchObject({
      'x-api-key': 'a=b',
      'x-other': '2',
    });
  });

  it('is refused by a server that trusts another authority', async () => {
    const server = await startServer();
    const own = await certificate('client', otherCa);
    const signer = signerOf(
      { endpoint: server.url },
      { ca: ca.cert, cert: own.cert, key: own.private },
    );
    await expect(sign(signer)).rejects.toMatchObject({ code: 'P2P_NOT_SIGNED' });
    expect(server.exchanges).toHaveLength(0);
  });

  it('refuses a server of another authority', async () => {
    const server = await startServer();
    const signer = signerOf({ endpoint: server.url }, { ...goodFiles(), ca: otherCa.cert });
    await expect(sign(signer)).rejects.toMatchObject({ code: 'P2P_NOT_SIGNED' });
  });

  it('reads its files again for each connection', async () => {
    const server = await startServer();
    const files: Record<string, string> = {};
    const signer = signerOf({ endpoint: server.url }, files);
    await expect(sign(signer)).rejects.toMatchObject({
      cause: { cause: { message: 'no file ca' } },
    });
    Object.assign(files, goodFiles());
    expect(await sign(signer)).toHaveLength(65);
  });
});
