import { createRpcClient } from '../../transport/rpcClient.js';
import type { RpcClientDeps, TlsIdentity } from '../../transport/rpcClientOptions.js';
import type { Address } from '../../types/block.js';
import { RemoteSigner } from './remoteSigner.js';

/** A signer that is asked over JSON-RPC: the `--signer.*` flags. */
export interface RemoteSignerSettings {
  readonly endpoint: string;
  /** In lower case. */
  readonly address: Address;
  /** Each `name=value`; one without `=` is left out. */
  readonly headers: readonly string[];
  /** Files; null without `--signer.tls.enabled`. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

export interface SignerDeps extends RpcClientDeps {
  readonly readFile: (path: string) => string;
}

/**
 * The signer that is asked over JSON-RPC. The client certificate is read again for each connection, so that it may be
 * renewed while the node runs. @throws NodeError CONFIG_INVALID, critical, for an endpoint that is no URL.
 */
export function createRemoteSigner(
  { endpoint, address, headers, tls }: RemoteSignerSettings,
  l2ChainId: bigint,
  { readFile, ...deps }: SignerDeps,
): RemoteSigner {
  const identity = (files: NonNullable<typeof tls>): TlsIdentity => ({
    ca: readFile(files.ca),
    cert: readFile(files.cert),
    key: readFile(files.key),
  });
  const options = {
    url: endpoint,
    headers: parseHeaders(headers),
    ...(tls !== null && { tls: () => identity(tls) }),
  };
  return new RemoteSigner({ address, l2ChainId }, createRpcClient(options, deps));
}

/** The last one of a name counts. */
function parseHeaders(headers: readonly string[]): Readonly<Record<string, string>> {
  const pairs = headers.flatMap((header) => {
    const at = header.indexOf('=');
    return at < 0 ? [] : [[header.slice(0, at), header.slice(at + 1)] as const];
  });
  return Object.fromEntries(pairs);
}
