import type { Check } from './check.js';
import { beaconCheck } from './checks/beacon.js';
import { blobsCheck } from './checks/blobs.js';
import { clockCheck } from './checks/clock.js';
import { conductorCheck } from './checks/conductor.js';
import { daServerCheck } from './checks/daServer.js';
import { diskCheck } from './checks/disk.js';
import { engineCheck } from './checks/engine.js';
import { followCheck } from './checks/follow.js';
import { l1Check } from './checks/l1.js';
import { listenCheck } from './checks/listen.js';
import { noticesCheck } from './checks/notices.js';
import { p2pCheck } from './checks/p2p.js';
import { receiptsCheck } from './checks/receipts.js';
import { signerCheck } from './checks/signer.js';

/** In the order of their lines. */
export const ALL_CHECKS: readonly Check[] = [
  noticesCheck,
  l1Check,
  receiptsCheck,
  beaconCheck,
  blobsCheck,
  daServerCheck,
  engineCheck,
  followCheck,
  clockCheck,
  listenCheck,
  diskCheck,
  p2pCheck,
  signerCheck,
  conductorCheck,
];
