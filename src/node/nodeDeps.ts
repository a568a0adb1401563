import type { Clock, Random } from '../runtime/clock.js';
import type { Logger, LogLevel } from '../telemetry/logger.js';

/** What the process lends the node. */
export interface NodeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly setLogLevel: (level: LogLevel) => void;
  /** As `optimism_version` answers it: version and metadata, joined by a hyphen. */
  readonly version: { readonly version: string; readonly meta: string };
}

/** The version as one text, as op-node writes it. */
export function versionText({ version }: Pick<NodeDeps, 'version'>): string {
  return `${version.version}-${version.meta}`;
}

/** The release of op-node whose behaviour this is; docs/compatibility.md has what came after it. */
export const MATCHED_OP_NODE = 'v1.19.1-rc.1';

/**
 * What `--version`, `optimism_version` and `op_node_default_info` say: the number is package.json's, the metadata name the
 * program and the release of op-node that it matches.
 */
export const VERSION = {
  version: 'v0.1.0',
  meta: `slipstream-op-node-${MATCHED_OP_NODE}`,
} as const;
