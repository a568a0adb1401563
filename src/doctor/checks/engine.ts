import { type EngineFacts, readEngineFacts } from '../../engine/engineFacts.js';
import { engineKindOf } from '../../engine/engineProbe.js';
import { unservedForks } from '../../engine/unservedForks.js';
import { hasCode, NodeError, toNodeError } from '../../errors/nodeError.js';
import { checkL2Identity } from '../../node/endpointIdentity.js';
import { unixDate } from '../../runtime/clock.js';
import { HttpStatusError } from '../../transport/transportErrors.js';
import type { Check, DoctorContext } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';
import { syncProgress } from '../syncing.js';

/** How execution clients say that it is the token's time that they refuse: op-geth, op-reth. */
const TOKEN_TIME = /stale|future|\biat\b|issued/i;

/** The execution engine: reached, our secret taken, its chain, what it can, whether it syncs. */
export const engineCheck: Check = {
  name: 'engine',
  run: async (context) => {
    const secret = secretFinding(context);
    try {
      const facts = await readEngineFacts(context.engine.rpc, context.version, context.signal);
      const [chain, sync] = [await chainFindings(context), await syncFindings(context)];
      const told = await toldFindings(context, facts);
      return [...secret, ...chain, ...told, ...sync];
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return [...secret, ...failureFindings(context, thrown)];
    }
  },
};

function secretFinding({ config, engine: { secret } }: DoctorContext): readonly Finding[] {
  const path = JSON.stringify(config.engine.jwtSecretPath);
  if (secret === null) return [found('jwt-missing', `There is no JWT secret file ${path}`)];
  return secret instanceof NodeError ? [found('jwt-unusable', reasonOf(secret))] : [];
}

function failureFindings({ engine }: DoctorContext, thrown: unknown): readonly Finding[] {
  const { name, secret } = engine;
  const reason = reasonOf(thrown);
  if (!isRefusal(thrown)) {
    return [
      found('engine-unreachable', `The execution engine at ${name} cannot be used: ${reason}`),
    ];
  }
  // Nothing was signed: that it refuses is as it should be.
  if (!(secret instanceof Uint8Array)) return [];
  return TOKEN_TIME.test(reason)
    ? [
        found(
          'engine-token-time',
          `The execution engine at ${name} refuses the time of our token: ${reason}`,
        ),
      ]
    : [
        found(
          'engine-secret-refused',
          `The execution engine at ${name} refuses our JWT secret: ${reason}`,
        ),
      ];
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof HttpStatusError && (thrown.status === 401 || thrown.status === 403);
}

async function chainFindings({
  config,
  engine,
  signal,
}: DoctorContext): Promise<readonly Finding[]> {
  const options = { skipGenesis: config.sync.mode === 'execution-layer' };
  try {
    await checkL2Identity(config.rollup, engine.source, options, signal);
    return [];
  } catch (thrown) {
    if (!hasCode(thrown, 'NODE_WRONG_CHAIN')) throw thrown;
    return [
      found(
        'engine-wrong-chain',
        `The engine at ${engine.name} has another chain: ${toNodeError(thrown).message}`,
      ),
    ];
  }
}

async function toldFindings(
  { config, clock, engine, signal }: DoctorContext,
  { client, methods }: EngineFacts,
): Promise<readonly Finding[]> {
  if (client === null && methods === null) {
    return [found('engine-api-missing', `What answers at ${engine.name} has no Engine API`)];
  }
  const kind = engineKindOf(client);
  const named = client === null ? 'the execution engine' : `${client.name} ${client.version}`;
  const head = await engine.source.l2BlockRefByLabel('latest', signal).catch(() => null);
  const at = head === null ? '' : `, head ${head.number}`;
  return [
    fine(`${named} at ${engine.name} takes our secret; chain ${config.rollup.l2ChainId}${at}`),
    ...unservedForks(config.rollup, methods).map(({ fork, time, lacks, instead }) => {
      const isSoft = instead !== null || Number(time) * 1_000 > clock.nowMs();
      const when = unixDate(Number(time) * 1_000);
      const text = `The engine lacks ${lacks.join(', ')} for ${fork} (${when})`;
      const asked = instead === null ? '' : `; ${instead} is asked instead`;
      return found('engine-lacks-methods', `${text}${asked}`, isSoft ? 'warning' : 'error');
    }),
    ...(kind === null || kind === config.engine.kind || config.sync.mode !== 'execution-layer'
      ? []
      : [
          found(
            'engine-kind-differs',
            `--l2.enginekind is ${config.engine.kind}, the engine is ${kind}`,
          ),
        ]),
  ];
}

async function syncFindings({ engine, signal }: DoctorContext): Promise<readonly Finding[]> {
  const progress = await syncProgress(engine.rpc, signal);
  if (progress === null) return [];
  return [
    found('engine-syncing', `The execution engine at ${engine.name} is syncing: ${progress}`),
  ];
}
