import type { L1Chain } from './l1Chain.js';
import type { WorldFacts } from './recorded.js';

const BLOBS_PATH = /^\/eth\/v1\/beacon\/blobs\/(\d+)$/;

/** Answers the beacon API's blob part for a recorded L1; undefined where the path or slot is not known (404). */
export function beaconAnswer(chain: L1Chain, facts: WorldFacts, url: URL): unknown {
  const { genesisTime, secondsPerSlot } = facts.l1.beacon;
  switch (url.pathname) {
    case '/eth/v1/beacon/genesis':
      return {
        data: {
          genesis_time: String(genesisTime),
          genesis_validators_root: `0x${'0'.repeat(64)}`,
          genesis_fork_version: '0x00000000',
        },
      };
    case '/eth/v1/config/spec':
      return { data: { SECONDS_PER_SLOT: String(secondsPerSlot) } };
    case '/eth/v1/node/version':
      return { data: { version: 'recorded-l1/1' } };
    default:
      return blobs(chain, genesisTime, secondsPerSlot, url);
  }
}

function blobs(chain: L1Chain, genesisTime: number, secondsPerSlot: number, url: URL): unknown {
  const slot = BLOBS_PATH.exec(url.pathname)?.[1];
  if (slot === undefined) return undefined;
  const entry = chain.byTime(genesisTime + Number(slot) * secondsPerSlot);
  if (!entry) return undefined;
  const wanted = url.searchParams.getAll('versioned_hashes').flatMap((list) => list.split(','));
  const found = (entry.blobs ?? []).filter(
    (blob) => wanted.length === 0 || wanted.includes(blob.versioned_hash),
  );
  return { execution_optimistic: false, finalized: false, data: found.map((blob) => blob.blob) };
}
