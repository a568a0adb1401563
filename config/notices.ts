import { FLAGS } from './flags.js';
import type { StartupNotice } from './nodeConfig.js';
import type { Env } from './readEnv.js';
import { unknownEnv } from './readEnv.js';
import type { Settings } from './schema.js';

/** Flags that had a function once. */
const NO_OPS: ReadonlySet<string> = new Set([
  'snapshotlog.file',
  'heartbeat.enabled',
  'heartbeat.moniker',
  'heartbeat.url',
  'beta.extra-networks',
  'l2.backup-unsafe-sync-rpc',
  'l2.backup-unsafe-sync-rpc.trustrpc',
  'p2p.score.bands',
]);

/** What the operator should know about the flags at start. */
export function startupNotices(settings: Settings, env: Env): readonly StartupNotice[] {
  const notices: StartupNotice[] = [];
  const warn = (message: string, fields: StartupNotice['fields']) =>
    notices.push({ level: 'warn', message, fields });
  for (const row of FLAGS) {
    if (!settings.isSet(row.name)) continue;
    if (NO_OPS.has(row.name)) warn('flag has no function any more', { flag: row.name });
    else if (row.deprecated === true) warn('flag is deprecated', { flag: row.name });
  }
  for (const variable of unknownEnv(env)) warn('unknown environment variable', { variable });
  if (settings.get('network') !== '' && settings.get('rollup.config') !== '') {
    notices.push({
      level: 'error',
      message:
        'Cannot configure network and rollup-config at the same time: the network is taken, the file is not read',
      fields: { network: settings.get('network'), rollup_config: settings.get('rollup.config') },
    });
  }
  notices.push(...profileNotice(settings));
  const isElSync = settings.get('syncmode') === 'execution-layer' || settings.get('l2.engine-sync');
  if (settings.isSet('syncmode.offset-el-safe') && !isElSync) {
    warn('syncmode.offset-el-safe has no effect outside of execution-layer mode', {});
  }
  return notices;
}

/** op-node runs with these types, too; what they are of, goroutines and locks, is not here. */
function profileNotice({ get }: Settings): StartupNotice[] {
  const type = get('pprof.type');
  if (type === '' || type === 'cpu' || type === 'heap') return [];
  const fields = { flag: 'pprof.type', type };
  return [{ level: 'warn', message: 'this runtime has no such profile, none is written', fields }];
}
