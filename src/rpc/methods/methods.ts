import type { Clock } from '../../runtime/clock.js';
import type { LogLevel } from '../../telemetry/logger.js';
import { lowerCase, parseLogLevel } from '../../telemetry/logLevel.js';
import { encodeSafeHead } from '../../types/codec.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import type { SdmStatus } from '../../types/sdmStatus.js';
import { failed, invalidParams } from '../errors.js';
import { GO_BOOL, goString } from '../json/goDecode.js';
import { GO_HASH, GO_UINT64 } from '../json/goHex.js';
import { quoteGo } from '../json/goString.js';
import type { RpcAdminPort, RpcOpstackPort, RpcP2pPort, RpcPayloadPort } from '../ports.js';
import { FLAG, type MethodRow, type MethodSpec, methodRow, NOTHING } from './methodRow.js';
import { opp2pMethods } from './opp2pMethods.js';
import { opstackMethods } from './opstackMethods.js';
import type { OptimismApi } from './optimismApi.js';
import { GO_ENVELOPE, toEnvelope } from './payloadArg.js';
import type { SuperRootApi } from './superRootApi.js';

/** Answers that never change while the node runs. */
export interface FixedAnswers {
  readonly version: { readonly version: string; readonly meta: string };
  /** `optimism_rollupConfig`, as op-node writes it. */
  readonly rollupConfigJson: string;
  /** `optimism_dependencySet`; null where the chain has none. */
  readonly dependencySetJson: string | null;
  /** Namespaces of `rpc_modules`; any order. */
  readonly namespaces: readonly string[];
}

export interface MethodDeps {
  readonly optimism: OptimismApi;
  readonly superRoot: SuperRootApi;
  readonly admin: RpcAdminPort;
  readonly payload: RpcPayloadPort;
  /** Null: no `opstack_*`. */
  readonly opstack: RpcOpstackPort | null;
  /** Null: no `opp2p_*`. */
  readonly p2p: RpcP2pPort | null;
  readonly clock: Clock;
}

/** The method table: every method that this server can serve, with its parameters and its result. */
export function methodTable(fixed: FixedAnswers, deps: MethodDeps): readonly MethodRow[] {
  return [
    ...optimismMethods(fixed, deps.optimism),
    superRootMethod(deps.superRoot),
    ...metaMethods(fixed),
    ...adminMethods(deps),
    ...(deps.opstack === null ? [] : opstackMethods(deps.opstack)),
    ...(deps.p2p === null ? [] : opp2pMethods(deps.p2p, deps.clock)),
  ];
}

function optimismMethods(fixed: FixedAnswers, api: OptimismApi): readonly MethodRow[] {
  const { version, meta } = fixed.version;
  return [
    readyMethod<[]>({ name: 'optimism_syncStatus', params: [], answer: () => api.statusJson() }),
    methodRow<[bigint], string>({
      name: 'optimism_outputAtBlock',
      params: [GO_UINT64],
      result: ready,
      call: ([number], signal) => api.outputAtBlock(number, signal),
      kept: ([number]) => api.keptOutput(number),
    }),
    readyMethod<[bigint]>({
      name: 'optimism_safeHeadAtL1Block',
      params: [GO_UINT64],
      answer: ([number]) => encodeSafeHead(api.safeHeadAtL1Block(number)),
    }),
    fixedMethod('optimism_rollupConfig', fixed.rollupConfigJson),
    fixedMethod('optimism_dependencySet', fixed.dependencySetJson),
    fixedMethod('optimism_version', quoteGo(`${version}-${meta}`)),
  ];
}

function superRootMethod(api: SuperRootApi): MethodRow {
  return methodRow<[bigint], string>({
    name: 'superroot_atTimestamp',
    params: [GO_UINT64],
    result: ready,
    call: ([timestamp], signal) => api.atTimestamp(timestamp, signal),
  });
}

function metaMethods(fixed: FixedAnswers): readonly MethodRow[] {
  const modules = [...fixed.namespaces].sort().map((name) => `${quoteGo(name)}:"1.0"`);
  return [
    fixedMethod('health_status', quoteGo(fixed.version.version)),
    fixedMethod('rpc_modules', `{${modules.join(',')}}`),
  ];
}

/** op-node `node/api.go` adminAPI. */
function adminMethods({ admin, payload }: MethodDeps): readonly MethodRow[] {
  const isAdmin = true;
  return [
    methodRow<[], void>({
      name: 'admin_resetDerivationPipeline',
      isAdmin,
      params: [],
      result: NOTHING,
      call: (_, signal) => admin.resetDerivationPipeline(signal),
    }),
    methodRow({
      name: 'admin_startSequencer',
      isAdmin,
      params: [GO_HASH],
      result: NOTHING,
      call: ([unsafeHash], signal) => admin.startSequencer(unsafeHash, signal),
    }),
    methodRow<[], string>({
      name: 'admin_stopSequencer',
      isAdmin,
      params: [],
      result: quoteGo,
      call: (_, signal) => admin.stopSequencer(signal),
    }),
    readyMethod<[]>({
      ...{ name: 'admin_sequencerActive', isAdmin, params: [] },
      answer: () => FLAG(admin.sequencerActive()),
    }),
    methodRow({
      name: 'admin_postUnsafePayload',
      isAdmin,
      params: [GO_ENVELOPE],
      result: NOTHING,
      call: ([decoded], signal) =>
        admin.postUnsafePayload(checkedPayload(decoded, payload), signal),
    }),
    methodRow<[], void>({
      name: 'admin_overrideLeader',
      isAdmin,
      params: [],
      result: NOTHING,
      call: (_, signal) => admin.overrideLeader(signal),
    }),
    readyMethod<[]>({
      ...{ name: 'admin_conductorEnabled', isAdmin, params: [] },
      answer: () => FLAG(admin.conductorEnabled()),
    }),
    methodRow({
      name: 'admin_setRecoverMode',
      isAdmin,
      params: [GO_BOOL],
      result: NOTHING,
      call: ([isEnabled]) => admin.setRecoverMode(isEnabled),
    }),
    ...sdmMethods(admin),
    methodRow({
      name: 'admin_setLogLevel',
      isAdmin,
      params: [goString('string')],
      result: NOTHING,
      call: ([level]) => admin.setLogLevel(levelOf(level)),
    }),
  ];
}

/** What the operator wishes of post-execution transactions, from Lagoon on. */
function sdmMethods(admin: RpcAdminPort): readonly MethodRow[] {
  const isAdmin = true;
  return [
    methodRow({
      name: 'admin_setSdmPostExecOptIn',
      isAdmin,
      params: [GO_BOOL],
      result: NOTHING,
      call: ([isEnabled]) => admin.setSdmPostExecOptIn(isEnabled),
    }),
    methodRow<[], SdmStatus>({
      name: 'admin_sdmStatus',
      isAdmin,
      params: [],
      result: sdmStatusJson,
      call: () => admin.sdmStatus(),
    }),
  ];
}

const ready = (json: string): string => json;

/** A method that answers at once. @param spec `answer` gives the JSON of the result; throws what `call` may throw. */
function readyMethod<A extends readonly unknown[]>({
  answer,
  ...spec
}: Pick<MethodSpec<A, string>, 'name' | 'isAdmin' | 'params'> & {
  readonly answer: (args: A) => string;
}): MethodRow {
  return methodRow<A, string>({ ...spec, result: ready, call: answer, kept: answer });
}

/** A method without parameters whose answer never changes; null answers op-node's "not found". */
function fixedMethod(name: string, json: string | null): MethodRow {
  const answer = (): string => {
    if (json === null) throw failed('not found');
    return json;
  };
  return readyMethod<[]>({ name, params: [], answer });
}

/** Differs: where op-node's handler crashes (no payload in the envelope), this is an argument fault. */
function checkedPayload(
  decoded: Parameters<typeof toEnvelope>[0],
  payload: RpcPayloadPort,
): ExecutionPayloadEnvelope {
  const envelope = toEnvelope(decoded);
  if (envelope === null) throw invalidParams('invalid argument 0: missing execution payload');
  const claimed = envelope.executionPayload.blockHash;
  const actual = payload.computeBlockHash(envelope);
  if (actual !== claimed) {
    throw failed(`payload has bad block hash: ${claimed}, actual block hash is: ${actual}`);
  }
  return envelope;
}

function sdmStatusJson(status: SdmStatus): string {
  const { postExecOptIn, protocolActive, effective, activationTime } = status;
  const time = activationTime === null ? '' : `,"activationTime":${activationTime}`;
  return `{"postExecOptIn":${postExecOptIn},"protocolActive":${protocolActive},"effective":${effective}${time}}`;
}

function levelOf(text: string): LogLevel {
  const level = parseLogLevel(text);
  if (level === null) throw failed(`unknown level: ${lowerCase(text)}`);
  return level;
}
