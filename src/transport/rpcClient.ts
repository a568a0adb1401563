import { NodeError } from '../errors/nodeError.js';
import { redactUrl } from '../telemetry/redact.js';
import { HttpRpcClient } from './httpRpcClient.js';
import type { RpcClient } from './ports.js';
import type { RpcClientDeps, RpcClientOptions } from './rpcClientOptions.js';
import { WsRpcClient } from './wsRpcClient.js';

/**
 * The client for the URL's scheme: http and https, or ws and wss. It connects with its first call.
 * @throws NodeError CONFIG_INVALID (critical) for any other URL.
 */
export function createRpcClient(options: RpcClientOptions, deps: RpcClientDeps): RpcClient {
  switch (URL.canParse(options.url) ? new URL(options.url).protocol : '') {
    case 'http:':
    case 'https:':
      return new HttpRpcClient(options, deps);
    case 'ws:':
    case 'wss:':
      return new WsRpcClient(options, deps);
    default:
      throw new NodeError('CONFIG_INVALID', 'RPC address must be an http, https, ws or wss URL', {
        severity: 'critical',
        fields: { url: redactUrl(options.url) },
      });
  }
}
