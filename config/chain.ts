import { hasCode } from '../src/errors/nodeError.js';
import { checkRollupConfig } from '../src/rollup/checkRollupConfig.js';
import { parseRollupConfig } from '../src/rollup/config.js';
import type { DependencySet } from '../src/rollup/dependencySet.js';
import { parseDependencySet } from '../src/rollup/dependencySet.js';
import type { UnreadKey } from '../src/rollup/jsonFields.js';
import { isMissingPectraBlobSchedule, knownL1Chain } from '../src/rollup/knownL1Chains.js';
import type { L1ChainConfig } from '../src/rollup/l1ChainConfig.js';
import { parseL1ChainConfig } from '../src/rollup/l1ChainConfig.js';
import type { AltDaConfig, RollupConfig } from '../src/rollup/rollupConfig.js';
import { endpointProblem, HTTP_SCHEMES, isWithoutL1 } from './checkFollow.js';
import { nearest } from './nearest.js';
import { networkNames } from './networkNames.js';
import {
  findNetwork,
  registryDependencySet,
  registryName,
  registryRollup,
} from './networkRollup.js';
import type { StartupNotice } from './nodeConfig.js';
import { KEEP_KARST_GAS_FLAG, overridden } from './overrides.js';
import type { ReadFile } from './readConfigFile.js';
import type { Settings } from './schema.js';

/** What the flags say about the chain. */
export interface ChainConfig {
  readonly network: string | null;
  readonly rollup: RollupConfig;
  readonly l1ChainConfig: L1ChainConfig | null;
  readonly dependencySet: DependencySet | null;
  /** What the operator should know about the files. */
  readonly notices: readonly StartupNotice[];
}

/** What the steps of loading share. */
interface Loading {
  readonly settings: Settings;
  readonly readFile: ReadFile;
  /** Gets a line for each thing that is wrong. */
  readonly problems: string[];
  readonly notices: StartupNotice[];
}

/** Flags that name a file of the chain. */
type FileFlag = 'rollup.config' | 'rollup.l1-chain-config' | 'interop.dependency-set';

/**
 * Loads the chain that the flags name and checks it, without asking any endpoint.
 * @param problems gets a line for each thing that is wrong.
 * @returns null where there is nothing to go on with; then there are problems.
 * Spec: op-node `service.go` NewRollupConfigFromCLI, NewL1ChainConfig, NewDependencySetFromCLI; `config/config.go` Check.
 */
export function loadChain(
  settings: Settings,
  readFile: ReadFile,
  problems: string[],
): ChainConfig | null {
  const notices: StartupNotice[] = [];
  const loading = { settings, readFile, problems, notices };
  const base = loadRollup(loading);
  if (base === null) return null;
  const rollup = withChainOpConfig(overridden(base.rollup, settings));
  const { origin } = base;
  if (base.isGasUnsaid) notices.push(...unsaidKarstGas(rollup, settings));
  const rules = checkRollupConfig(rollup);
  if (rollup.chainOpConfig === null) rules.push('chain_op_config is missing');
  for (const rule of rules) {
    problems.push(`--${origin}: ${JSON.stringify(settings.get(origin))}: ${rule}`);
  }
  problems.push(...checkChainFlags(settings, rollup));
  notices.push(...missingServer(settings, rollup));
  const l1ChainConfig = loadL1ChainConfig(rollup, loading);
  const dependencySet = loadDependencySet(rollup, loading);
  const network = registryName(rollup.l2ChainId);
  return { network, rollup, l1ChainConfig, dependencySet, notices };
}

/** The rollup config, and the flag that named it. */
interface BaseRollup {
  readonly origin: 'network' | 'rollup.config';
  readonly rollup: RollupConfig;
  /** The file has no `keep_karst_upgrade_gas`. */
  readonly isGasUnsaid: boolean;
}

function loadRollup(loading: Loading): BaseRollup | null {
  const { settings, problems } = loading;
  const name = settings.get('network');
  if (name !== '') {
    const network = findNetwork(name);
    if (network !== null) {
      return { origin: 'network', rollup: network.rollup, isGasUnsaid: false };
    }
    const known = networkNames().join(', ');
    problems.push(`--network: ${JSON.stringify(name)}: expected one of ${known}`);
    return null;
  }
  if (settings.get('rollup.config') === '') {
    problems.push('--rollup.config: missing: expected a file, or --network');
    return null;
  }
  let isGasUnsaid = false;
  const parse = (text: string, unread: UnreadKey[]): RollupConfig => {
    isGasUnsaid = !text.includes(`"${KEEP_KARST_GAS}"`);
    return parseRollupConfig(text, unread);
  };
  const rollup = readAs('rollup.config', parse, loading);
  return rollup === null ? null : { origin: 'rollup.config', rollup, isGasUnsaid };
}

/** Files made for op-node v1.19.0 lack it, whatever their chain does; those of later releases do where it is false. */
const KEEP_KARST_GAS = 'keep_karst_upgrade_gas';

/**
 * A node with the wrong value halts at the block after Karst's activation: told where nothing says the value, unless the
 * registry has the same for that chain, or Karst needs no activation.
 */
function unsaidKarstGas(
  { forks, genesis, l2ChainId }: RollupConfig,
  settings: Settings,
): StartupNotice[] {
  const { karst } = forks;
  if (karst === undefined || karst <= genesis.l2Time || settings.isSet(KEEP_KARST_GAS_FLAG))
    return [];
  const registry = registryRollup(l2ChainId)?.keepKarstUpgradeGas ?? null;
  if (registry === false) return [];
  const message = `${KEEP_KARST_GAS} is not in the rollup config: false is taken, and where the chain has kept Karst's upgrade gas, as with op-node v1.19.0, this node halts after its activation`;
  const fields = {
    path: settings.get('rollup.config'),
    registry: registry === null ? 'does not have the chain' : 'true',
    setting: `--${KEEP_KARST_GAS_FLAG}`,
  };
  return [{ level: 'warn', message, fields }];
}

/** Reads and parses a flag's file; what is wrong becomes lines that name the flag, what means nothing one notice. */
function readAs<T>(
  flag: FileFlag,
  parse: (text: string, unread: UnreadKey[]) => T,
  loading: Loading,
): T | null {
  const { settings, readFile, problems, notices } = loading;
  const path = settings.get(flag);
  const start = `--${flag}: ${JSON.stringify(path)}: `;
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`${start}expected a file that can be read: ${why}`);
    return null;
  }
  try {
    const unread: UnreadKey[] = [];
    const parsed = parse(text, unread);
    if (unread.length > 0) notices.push(unknownKeys(flag, path, unread));
    return parsed;
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    problems.push(...error.message.split('\n').map((line) => `${start}${line}`));
    return null;
  }
}

function unknownKeys(flag: FileFlag, path: string, unread: readonly UnreadKey[]): StartupNotice {
  const keys = unread.map(({ name, known }) => {
    const near = nearest(name, known);
    return near === null ? name : `${name} (did you mean ${near}?)`;
  });
  const message = 'unknown keys in a file are ignored';
  return { level: 'warn', message, fields: { flag, path, keys: keys.join(', ') } };
}

/** op-node refuses to start without it, too: `node/node.go` initL2. An old file of a known chain gets the registry's. */
function withChainOpConfig(rollup: RollupConfig): RollupConfig {
  if (rollup.chainOpConfig !== null) return rollup;
  return { ...rollup, chainOpConfig: registryRollup(rollup.l2ChainId)?.chainOpConfig ?? null };
}

/** op-node starts like that, too, and its derivation stands still at the first commitment. */
function missingServer({ get }: Settings, { altDa }: RollupConfig): StartupNotice[] {
  const isDeriving = get('l2.follow.source').length === 0 || get('l2.follow.verify');
  if (altDa === null || !isDeriving || get('altda.da-server') !== '') return [];
  const message =
    'the chain has alt_da and no DA server is given: derivation waits at the first commitment';
  return [{ level: 'warn', message, fields: { setting: '--altda.da-server' } }];
}

/** What flags break that depend on the chain, one line each. */
function checkChainFlags(settings: Settings, rollup: RollupConfig): string[] {
  const { get } = settings;
  const { forks, genesis, l1ChainId } = rollup;
  const isFollowing = get('l2.follow.source').length > 0;
  const isVerifying = isFollowing && !isWithoutL1(settings) && get('l2.follow.verify');
  const needsBlobs = forks.ecotone !== undefined && (!isFollowing || isVerifying);
  const { altDa } = rollup;
  const isReadingDa = altDa !== null && (!isFollowing || isVerifying);
  const isScheduleMissing = isMissingPectraBlobSchedule(
    l1ChainId,
    genesis.l2Time,
    forks.pectraBlobSchedule,
  );
  const rules: readonly (readonly [isBroken: boolean, line: string])[] = [
    [
      needsBlobs && get('l1.beacon') === '' && !get('l1.beacon.ignore'),
      '--l1.beacon: missing: expected a beacon endpoint, because the chain has Ecotone; or --l1.beacon.ignore',
    ],
    [
      altDa === null && get('altda.enabled'),
      '--altda.enabled: true: expected a chain with alt_da in its rollup config',
    ],
    [
      altDa !== null && get('altda.enabled') && hasNoWindow(altDa),
      '--altda.enabled: true: expected da_challenge_window and da_resolve_window of alt_da above 0',
    ],
    [
      isReadingDa && !get('altda.enabled') && hasBadServer(get('altda.da-server')),
      `--altda.da-server: ${JSON.stringify(get('altda.da-server'))}: expected an endpoint that begins with http://, https://`,
    ],
    [
      isScheduleMissing && !get('ignore-missing-pectra-blob-schedule'),
      '--override.pectrablobschedule: missing: expected the time that the operator of the chain names ' +
        '(pectra_blob_schedule_time); or --ignore-missing-pectra-blob-schedule',
    ],
  ];
  return rules.flatMap(([isBroken, line]) => (isBroken ? [line] : []));
}

function hasNoWindow({ daChallengeWindow, daResolveWindow }: AltDaConfig): boolean {
  return daChallengeWindow === 0n || daResolveWindow === 0n;
}

/** Without --altda.enabled a DA server is read all the same, as in op-node, and need not be given. */
function hasBadServer(url: string): boolean {
  return url !== '' && endpointProblem(url, HTTP_SCHEMES) !== null;
}

function loadL1ChainConfig(rollup: RollupConfig, loading: Loading): L1ChainConfig | null {
  const known = knownL1Chain(rollup.l1ChainId);
  if (known !== null) return known;
  const { settings, problems } = loading;
  const flag = 'rollup.l1-chain-config';
  const path = settings.get(flag);
  if (path === '') {
    if (!isWithoutL1(settings)) {
      problems.push(
        `--${flag}: missing: expected a file, because L1 ${rollup.l1ChainId} is not built in`,
      );
    }
    return null;
  }
  const config = readAs(flag, parseL1ChainConfig, loading);
  if (config !== null && config.chainId !== rollup.l1ChainId) {
    problems.push(
      `--${flag}: ${JSON.stringify(path)}: chainId ${config.chainId}: expected ${rollup.l1ChainId}, the l1_chain_id of the rollup config`,
    );
  }
  return config;
}

function loadDependencySet(rollup: RollupConfig, loading: Loading): DependencySet | null {
  const { settings, problems } = loading;
  const flag = 'interop.dependency-set';
  const isGiven = settings.isSet(flag);
  const set = isGiven
    ? readAs(flag, parseDependencySet, loading)
    : registryDependencySet(rollup.l2ChainId);
  // A file that cannot be used has been told of already.
  if (set !== null || !isGiven) problems.push(...checkDependencySet(rollup, set, settings));
  return set;
}

/**
 * Lagoon's upgrade of a chain of its own is another than that of chains which exchange messages; derivation and the
 * sequencer make the first only. Who merely follows makes none. @returns at most one line.
 */
function checkDependencySet(
  { forks: { lagoon } }: RollupConfig,
  set: DependencySet | null,
  { get }: Settings,
): string[] {
  if (lagoon === undefined) return [];
  const flag = '--interop.dependency-set';
  const why = `because lagoon_time is set (${lagoon})`;
  if (set === null) return [`${flag}: missing: expected a file, ${why}`];
  const makesBlocks =
    get('l2.follow.source').length === 0 || get('l2.follow.verify') || get('sequencer.enabled');
  if (!makesBlocks || set.chainIds.length <= 1) return [];
  return [
    `${flag}: chains ${set.chainIds.join(', ')}: expected no more than one chain, ${why}: ` +
      'chains that exchange messages can only be followed',
  ];
}
