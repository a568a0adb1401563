import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/actors/confDepth.js';
import { DerivationPipeline } from '../derive/pipeline.js';
import { SILENT_OBSERVER } from '../derive/ports.js';
import { attributesMismatch } from '../engine/attributesMatch.js';
import { SafeHeadRecords } from '../engine/safeHeadRecords.js';
import type { Fields } from '../errors/nodeError.js';
import type { FollowedChain, ProvenDatabase } from '../follow/verify/ports.js';
import { FollowVerifier } from '../follow/verify/verifier.js';
import { makeVerifierMetrics } from '../follow/verify/verifierMetrics.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import { payloadToBlockRef } from '../rollup/l2BlockRef.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import { nextTurn } from '../runtime/turns.js';
import type { SafeDb } from '../stores/safeDb.js';
import type { Logger } from '../telemetry/logger.js';
import { payloadId } from '../types/payload.js';
import { createAltDa, daSourceOf } from './createAltDa.js';
import { canonicalL1, type DerivationPeers } from './createDerivation.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';

export interface VerifierPeers extends DerivationPeers {
  readonly safeDb: SafeDb;
}

/**
 * Makes the actor that derives beside following and compares. It reads L1 as it needs it, without reading ahead: what
 * it has to keep up with is one L1 block at a time, and following comes first.
 */
export function createVerifier(
  config: NodeConfig,
  l1Config: L1ChainConfig,
  { l1, l2, beacon, daServer, engine, safeDb, telemetry }: VerifierPeers,
  { log: nodeLog }: NodeDeps,
): FollowVerifier {
  const { rollup, derivation } = config;
  const log = nodeLog.child({ component: 'verify' });
  const source = withConfDepth(BigInt(derivation.l1Confs), l1.client, () => l1.heads.get().head);
  const observer = {
    ...SILENT_OBSERVER,
    noted: (message: string, fields: Fields) => log.debug(message, fields),
    dropped: (message: string, fields: Fields) => log.debug(message, fields),
  };
  const pipeline = new DerivationPipeline(
    { config: rollup, l1Config },
    {
      l1: source,
      canonical: canonicalL1(l1),
      blobs: beacon?.client ?? null,
      altDa: createAltDa(config, { l1, server: daSourceOf(daServer), telemetry, observer }),
      l2: l2.source,
      turn: nextTurn,
      observer,
    },
  );
  return new FollowVerifier(
    { config: rollup },
    {
      pipeline,
      chain: followedChain(rollup, l2),
      engine,
      l2: l2.source,
      l1: l1.client,
      labels: l1.heads,
      recorder: makeVerifierMetrics(telemetry.registry),
      database: safeDb.isEnabled ? provenDatabase(rollup, { l1, safeDb, log }) : null,
      log,
    },
  );
}

function provenDatabase(
  { genesis }: RollupConfig,
  { l1, safeDb, log }: Pick<VerifierPeers, 'l1' | 'safeDb'> & { readonly log: Logger },
): ProvenDatabase {
  const records = new SafeHeadRecords(genesis.l2, { recorder: safeDb, l1: l1.client, log });
  return {
    reset: (safe, signal) => records.reset(safe, signal),
    settle: (signal) => records.settle(signal),
    moved: (before, safe, derivedFrom) => records.moved(before, safe, derivedFrom),
    lastEntry: () => safeDb.lastEntry(),
    l1AtSafeHead: (number) => safeDb.l1AtSafeHead(number),
  };
}

/** Our execution layer's chain, for the comparison. What differs is said before anything of the block is decoded. */
function followedChain(rollup: RollupConfig, { source }: L2Parts): FollowedChain {
  return {
    compare: async ({ attributes, parent }, signal) => {
      const envelope = await source.envelopeByNumber(parent.number + 1n, signal);
      if (envelope === null) return { kind: 'missing' };
      const { executionPayload } = envelope;
      const reason = attributesMismatch(rollup, attributes, parent.hash, envelope);
      return reason === null
        ? { kind: 'same', ref: payloadToBlockRef(rollup, executionPayload) }
        : { kind: 'different', block: payloadId(executionPayload), reason };
    },
    hashAt: (number, signal) => source.blockHashByNumber(number, signal),
  };
}
