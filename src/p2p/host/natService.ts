import type { UPnPNAT } from '@achingbrain/nat-port-mapper';
import type { uPnPNAT } from '@libp2p/upnp-nat';
import { ObservedRouters, type ObservedRoutersDeps } from './observedRouters.js';

/** How long routers are asked while none is known, and how often. */
const SEARCH_MS = 10_000;
const SEARCH_ROUND_MS = 5 * 60_000;
const DESCRIPTION = 'optimism p2p';

/**
 * Has a router map our TCP port, by UPnP, while the node runs; what it says is told to peers as our address at once.
 * Differs: op-node asks by NAT-PMP as well.
 * @param routers how routers are found and asked; UPnP by default.
 */
export async function natService(
  deps: ObservedRoutersDeps,
  routers?: UPnPNAT,
): Promise<ReturnType<typeof uPnPNAT>> {
  const { uPnPNAT: makeService } = await import('@libp2p/upnp-nat');
  const { upnpNat } = await import('@achingbrain/nat-port-mapper');
  return makeService({
    portMappingClient: new ObservedRouters(routers ?? upnpNat({ description: DESCRIPTION }), deps),
    portMappingDescription: DESCRIPTION,
    autoConfirmAddress: true,
    initialGatewaySearchTimeout: SEARCH_MS,
    initialGatewaySearchInterval: SEARCH_ROUND_MS,
  });
}
