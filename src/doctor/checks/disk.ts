import { dirname } from 'node:path';
import type { NodeConfig } from '../../../config/nodeConfig.js';
import { toNodeError } from '../../errors/nodeError.js';
import { AdminStateFile, DisabledAdminState } from '../../stores/adminState.js';
import type { Check, DoctorContext } from '../check.js';
import { derives } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import type { FilesPort, PathKind } from '../ports.js';
import { systemReason } from '../reason.js';

const MIB = 1024 * 1024;
const LOW_BYTES = 1024 * MIB;
const HARMFUL_BYTES = 100 * MIB;
/** A path has fewer parts than that: a path of Linux has at most 4096 bytes. */
const MAX_PARTS = 2_048;

/** What the node keeps in a folder; the others are files. */
const FOLDERS: ReadonlySet<string> = new Set([
  '--safedb.path',
  '--p2p.peerstore.path',
  '--p2p.discovery.path',
]);

interface Kept {
  readonly flag: string;
  readonly path: string;
}

/** Where the node writes: permitted, with room left; and what it stored of the sequencer. */
export const diskCheck: Check = {
  name: 'disk',
  run: async (context) => {
    const kept = keptBy(context.config);
    const findings = await Promise.all(kept.map((one) => pathFindings(context.files, one)));
    const all = [...findings.flat(), ...(await stateFindings(context))];
    if (all.length > 0 || kept.length === 0) return all;
    return [fine(`Writable, with room: ${kept.map(({ path }) => path).join(', ')}`)];
  },
};

function keptBy(config: NodeConfig): readonly Kept[] {
  const { p2p, rpc, safeDbPath } = config;
  const keyPath = p2p !== null && 'path' in p2p.identity ? p2p.identity.path : null;
  const paths: readonly (readonly [flag: string, path: string | null])[] = [
    ['--safedb.path', derives(config) ? safeDbPath : null],
    ['--p2p.peerstore.path', p2p?.peerstorePath ?? null],
    ['--p2p.discovery.path', p2p?.discoveryPath ?? null],
    ['--p2p.priv.path', keyPath],
    ['--rpc.admin-state', config.sequencer.isEnabled ? rpc.adminStatePath : null],
  ];
  return paths.flatMap(([flag, path]) => (path === null ? [] : [{ flag, path }]));
}

async function pathFindings(files: FilesPort, { flag, path }: Kept): Promise<readonly Finding[]> {
  try {
    const { place, kind } = await nearest(files, path);
    if (kind === 'file' && (place !== path || FOLDERS.has(flag))) {
      return [
        found(
          'path-unwritable',
          `${flag} ${JSON.stringify(path)} cannot be made: ${place} is a file`,
        ),
      ];
    }
    // A key that is there is only read.
    const isRead = flag === '--p2p.priv.path' && place === path;
    if (!isRead && !(await files.isWritable(place))) {
      return [
        found(
          'path-unwritable',
          `${flag} ${JSON.stringify(path)} cannot be written: no right to write to ${place}`,
        ),
      ];
    }
    return roomFindings({ flag, path }, await files.freeBytes(place));
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const reason = code === undefined ? toNodeError(thrown).message : systemReason(code);
    return [
      found('path-unwritable', `${flag} ${JSON.stringify(path)} cannot be looked at: ${reason}`),
    ];
  }
}

/** The path itself, or the lowest folder above it that is there. */
async function nearest(
  files: FilesPort,
  path: string,
): Promise<{ readonly place: string; readonly kind: PathKind }> {
  let place = path;
  let kind = await files.kind(place);
  for (let parts = 0; kind === 'none' && parts < MAX_PARTS; parts += 1) {
    place = dirname(place);
    kind = await files.kind(place);
  }
  return { place, kind };
}

function roomFindings({ flag, path }: Kept, free: number): readonly Finding[] {
  if (free >= LOW_BYTES) return [];
  const level = free < HARMFUL_BYTES ? 'error' : 'warning';
  return [
    found(
      'disk-low',
      `${Math.floor(free / MIB)} MiB are left for ${flag} ${JSON.stringify(path)}`,
      level,
    ),
  ];
}

async function stateFindings({ config }: DoctorContext): Promise<readonly Finding[]> {
  const { adminStatePath } = config.rpc;
  if (!config.sequencer.isEnabled) return [];
  const store =
    adminStatePath === null ? new DisabledAdminState() : new AdminStateFile(adminStatePath);
  try {
    const { sequencerStarted } = await store.read();
    if (sequencerStarted === null || !config.conductor.isEnabled) return [];
    const state = sequencerStarted ? 'started' : 'stopped';
    return [
      found(
        'state-invalid',
        `--rpc.admin-state says "${state}", and with a conductor nothing may be stored`,
      ),
    ];
  } catch (thrown) {
    return [found('state-invalid', toNodeError(thrown).message)];
  }
}
