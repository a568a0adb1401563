import type { NodeConfig } from '../../../config/nodeConfig.js';
import type { Check, DoctorContext } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import type { ListenPlace } from '../ports.js';
import { systemReason } from '../reason.js';

interface Listener extends ListenPlace {
  readonly flag: string;
}

/** The ports that the node listens on: free, ours to take, and all different. */
export const listenCheck: Check = {
  name: 'ports',
  run: async (context) => {
    const listeners = listenersOf(context.config).filter(({ port }) => port !== 0);
    const failures = await Promise.all(
      listeners.map((place) => context.network.listenFailure(place)),
    );
    const runs = failures.includes('EADDRINUSE') ? await runningNode(context) : null;
    const bad = listeners.flatMap((listener, i) => {
      const failure = failures[i] ?? null;
      return failure === null ? [] : [failureFinding(listener, failure, runs)];
    });
    const all = [...bad, ...clashes(listeners)];
    if (all.length > 0 || listeners.length === 0) return all;
    return [fine(`Free: ${listeners.map(({ flag, port }) => `${port} (${flag})`).join(', ')}`)];
  },
};

function listenersOf({ rpc, metrics, p2p }: NodeConfig): readonly Listener[] {
  const tcp = 'tcp' as const;
  return [
    { flag: '--rpc.port', protocol: tcp, host: rpc.addr, port: rpc.port },
    ...(metrics.isEnabled
      ? [{ flag: '--metrics.port', protocol: tcp, host: metrics.addr, port: metrics.port }]
      : []),
    ...(p2p === null
      ? []
      : [{ flag: '--p2p.listen.tcp', protocol: tcp, host: p2p.listenIp, port: p2p.listenTcp }]),
    ...(p2p?.isDiscoveryEnabled
      ? [
          {
            flag: '--p2p.listen.udp',
            protocol: 'udp' as const,
            host: p2p.listenIp,
            port: udpPort(p2p),
          },
        ]
      : []),
  ];
}

/** 0 is the one of TCP. */
function udpPort({
  listenUdp,
  listenTcp,
}: {
  readonly listenUdp: number;
  readonly listenTcp: number;
}): number {
  return listenUdp === 0 ? listenTcp : listenUdp;
}

/** What a node says of itself that has our RPC port; null where none does. */
async function runningNode({ config, rpcFor, signal }: DoctorContext): Promise<string | null> {
  const { addr, port } = config.rpc;
  const isAnywhere = addr === '' || addr === '0.0.0.0' || addr === '::';
  const host = isAnywhere ? '127.0.0.1' : addr;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    const version = await rpcFor({ url, timeoutMs: 2_000 }).request('optimism_version', [], {
      signal,
    });
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}

function failureFinding(
  { flag, host, port, protocol }: Listener,
  failure: string,
  runs: string | null,
): Finding {
  const place = `${host === '' ? '*' : host} port ${port} (${flag}, ${protocol})`;
  if (failure !== 'EADDRINUSE')
    return found('port-refused', `Cannot listen on ${place}: ${systemReason(failure)}`);
  if (runs !== null) return found('port-of-node', `A node already has ${place}; it is ${runs}`);
  return found('port-taken', `Cannot listen on ${place}: ${systemReason(failure)}`);
}

function clashes(listeners: readonly Listener[]): readonly Finding[] {
  return listeners.flatMap((one, i) =>
    listeners
      .slice(i + 1)
      .filter(({ protocol, port }) => protocol === one.protocol && port === one.port)
      .map(({ flag, port }) => found('ports-clash', `${one.flag} and ${flag} are both ${port}`)),
  );
}
