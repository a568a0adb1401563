import { readFile } from 'node:fs/promises';
import type { EngineNode, EngineSetup } from './engineNode.js';
import { engineFiles } from './engineNode.js';
import { startOpGeth } from './opGethProcess.js';
import { OpRethFront } from './opRethFront/opRethFront.js';
import { opRethBinary, startOpReth } from './opRethProcess.js';
import type { ProcessGroup } from './processGroup.js';
import { SetupError } from './setupError.js';

/** What may stand under a node: op-geth, op-reth, or op-geth that answers as op-reth does. */
export const ENGINE_KINDS = ['op-geth', 'op-geth-as-op-reth', 'op-reth'] as const;
export type EngineKind = (typeof ENGINE_KINDS)[number];

/** Those that can be had here: op-reth itself where `OP_RETH_BIN` names one. */
export function enginesHere(env: NodeJS.ProcessEnv): readonly EngineKind[] {
  return ENGINE_KINDS.filter((kind) => kind !== 'op-reth' || opRethBinary(env) !== null);
}

/** The kind that a text names, or that of `L2_ENGINE`; op-geth where neither does. @throws SetupError for another text. */
export function engineKind(text: string | undefined, env: NodeJS.ProcessEnv): EngineKind {
  const name = text ?? (env.L2_ENGINE || 'op-geth');
  const kind = ENGINE_KINDS.find((candidate) => candidate === name);
  if (kind !== undefined) return kind;
  throw new SetupError(`an engine is one of ${ENGINE_KINDS.join(', ')}, not ${name}`);
}

/** The fronts of a group by the name of what is behind them. */
const FRONTS = new WeakMap<ProcessGroup, Map<string, OpRethFront>>();

/** Starts an execution client; that of `L2_ENGINE` unless a kind is given. @throws as the start of each kind. */
export async function startEngine(
  group: ProcessGroup,
  setup: EngineSetup,
  kind: EngineKind = engineKind(undefined, process.env),
): Promise<EngineNode> {
  if (kind === 'op-reth') return startOpReth(group, setup);
  return kind === 'op-geth' ? startOpGeth(group, setup) : startBehindFront(group, setup);
}

/** A front stays when what is behind it ends, and answers again when that is started anew: its port is the engine's. */
async function startBehindFront(
  group: ProcessGroup,
  { ports, ...setup }: EngineSetup,
): Promise<EngineNode> {
  const geth = await startOpGeth(group, {
    ...setup,
    ...(ports && { ports: { http: ports.http, auth: 0 } }),
  });
  const fronts = FRONTS.get(group) ?? new Map<string, OpRethFront>();
  FRONTS.set(group, fronts);
  const known = fronts.get(setup.name);
  if (known !== undefined) {
    known.upstream = geth.engineUrl;
    return { ...geth, engineUrl: known.url };
  }
  const karstTime = await karstOf(group, setup);
  const front = group.own(await OpRethFront.start({ upstream: geth.engineUrl, karstTime }));
  fronts.set(setup.name, front);
  return { ...geth, engineUrl: front.url };
}

async function karstOf(group: ProcessGroup, setup: EngineSetup): Promise<number> {
  const { genesis } = await engineFiles(group, setup);
  const { config } = JSON.parse(await readFile(genesis, 'utf8')) as {
    readonly config: { readonly karstTime?: number };
  };
  return config.karstTime ?? Number.POSITIVE_INFINITY;
}
