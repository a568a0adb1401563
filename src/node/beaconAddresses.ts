import type { BeaconConfig } from '../../config/nodeConfig.js';

/** Where a beacon API is, and what is sent with every request to it. */
export interface BeaconAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The beacon node, then its fallbacks. The header may carry a secret of the first: the fallbacks never see it. */
export function beaconAddresses({
  header,
  url,
  fallbackUrls,
}: BeaconConfig): readonly BeaconAddress[] {
  const headers = header === null ? {} : { [header.name]: header.value };
  return [{ url, headers }, ...fallbackUrls.map((fallback) => ({ url: fallback, headers: {} }))];
}
