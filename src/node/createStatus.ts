import { readFile } from 'node:fs/promises';
import type { NodeConfig } from '../../config/nodeConfig.js';
import type { EngineActor } from '../engine/engineActor.js';
import type { FollowVerifier } from '../follow/verify/verifier.js';
import { StatusActor } from '../status/statusActor.js';
import { StatusPages } from '../status/statusPages.js';
import { StatusSnapshot } from '../status/statusSnapshot.js';
import { redactUrl } from '../telemetry/redact.js';
import { type NodeDeps, versionText } from './nodeDeps.js';
import type { StatusJoiner } from './statusJoiner.js';
import type { NodeTelemetry } from './telemetry.js';

export interface StatusParts {
  readonly actor: StatusActor;
  readonly pages: StatusPages;
}

export interface StatusPeers {
  readonly status: StatusJoiner;
  readonly engine: EngineActor;
  /** Null without verification. */
  readonly verifier: FollowVerifier | null;
  readonly telemetry: NodeTelemetry;
}

/** Beside the bundle. */
const PAGE = new URL('./statusPage.html', import.meta.url);

/** Makes what the status page shows, and the page. */
export function createStatus(
  config: NodeConfig,
  { status, engine, verifier, telemetry }: StatusPeers,
  deps: NodeDeps,
): StatusParts {
  const { rollup, network, follow, sequencer, l1, p2p } = config;
  const snapshot = new StatusSnapshot(
    {
      version: versionText(deps),
      network,
      chainId: String(rollup.l2ChainId),
      blockTimeSec: Number(rollup.blockTime),
      isVerifying: verifier !== null,
      isSequencer: sequencer.isEnabled,
      sources: (follow?.sources ?? []).map(redactUrl),
      quorum: follow?.quorum ?? 0,
      hasL1: l1 !== null,
      hasPeers: p2p !== null,
      genesisL1: Number(rollup.genesis.l1.number),
    },
    {
      status,
      engine: engine.heads,
      proven: verifier?.proven ?? null,
      metrics: telemetry.registry,
    },
  );
  const { clock } = deps;
  const log = deps.log.child({ component: 'status' });
  const actor = new StatusActor({ snapshot, clock, log });
  const pages = new StatusPages({ status: actor, readPage: () => readFile(PAGE, 'utf8'), log });
  return { actor, pages };
}
