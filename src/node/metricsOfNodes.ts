import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../../config/load.js';
import { SystemClock } from '../runtime/clock.js';
import type { RegisteredMetric } from '../telemetry/promRegistry.js';
import { SILENT } from '../telemetry/silentLogger.js';
import { assembleNode } from './assembleNode.js';

/** Every metric that nodes register, those that follow and those that do not, once each. */
export async function metricsOfNodes(): Promise<readonly RegisteredMetric[]> {
  // Making a node makes its secret.
  const directory = mkdtempSync(join(tmpdir(), 'slipstream-metrics-'));
  try {
    const jwt = join(directory, 'jwt.txt');
    const all = [
      ...(await metricsOf(jwt, ['--l2.follow.source=http://127.0.0.1:9545', '--l2.follow.verify'])),
      ...(await metricsOf(jwt, ['--rpc.ws'])),
    ];
    return [...new Map(all.map((metric) => [metric.spec.name, metric])).values()];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function metricsOf(
  jwt: string,
  flags: readonly string[],
): Promise<readonly RegisteredMetric[]> {
  const config = load(
    [
      '--network=op-mainnet',
      '--l1=http://127.0.0.1:8545',
      '--l1.beacon=http://127.0.0.1:5052',
      '--l2=http://127.0.0.1:8551',
      `--l2.jwt-secret=${jwt}`,
      '--p2p.disable',
      ...flags,
    ],
    {},
    () => '',
  );
  const { telemetry, close } = await assembleNode(config, {
    clock: new SystemClock(),
    random: () => 0,
    log: SILENT,
    setLogLevel: () => undefined,
    version: { version: '', meta: '' },
  });
  await close();
  return telemetry.registry.registered;
}
