import { configInvalid } from '../src/errors/configInvalid.js';
import { assembleConfig } from './assemble.js';
import { loadChain } from './chain.js';
import { checkFollow } from './checkFollow.js';
import { checkNode } from './checkNode.js';
import { checkP2p } from './checkP2p.js';
import { FLAGS } from './flags.js';
import type { NodeConfig } from './nodeConfig.js';
import { readArgs } from './readArgs.js';
import type { ReadFile } from './readConfigFile.js';
import { readConfigFile } from './readConfigFile.js';
import type { Env } from './readEnv.js';
import { readEnv } from './readEnv.js';
import type { Settings } from './schema.js';
import { mergeSettings } from './schema.js';
import type { Reading } from './setting.js';

/**
 * Makes the node's config of the command line, the environment and the config file: flag > environment > file > default.
 * Reads the files that flags name (rollup config, L1 chain config, dependency set, config file) but opens no endpoint
 * and writes nothing.
 * @param args the command line without program and script.
 * @throws NodeError CONFIG_INVALID (critical): every problem on one line of the message, and in `fields.problems`.
 */
export function load(args: readonly string[], env: Env, readFile: ReadFile): NodeConfig {
  const fromArgs = readArgs(args);
  const fromEnv = readEnv(env);
  const fromFile = readNamedFile([fromArgs, fromEnv], readFile);
  const readings = [fromArgs, fromEnv, fromFile];
  const settings = mergeSettings(readings.flatMap((reading) => reading.settings));
  const problems = [...readings.flatMap((reading) => reading.problems)];
  problems.push(...missingFlags(settings, problems));
  problems.push(...checkNode(settings), ...checkFollow(settings));
  problems.push(...checkP2p(settings));
  const chain = loadChain(settings, readFile, problems);
  if (chain === null || problems.length > 0) {
    throw configInvalid(problems);
  }
  return assembleConfig(settings, chain, env);
}

/** The file that --config names, by the first of the readings that has it. */
function readNamedFile(readings: readonly Reading[], readFile: ReadFile): Reading {
  for (const { settings } of readings) {
    const path = settings.find((setting) => setting.name === 'config')?.value;
    if (typeof path === 'string') {
      return path === '' ? { settings: [], problems: [] } : readConfigFile(path, readFile);
    }
  }
  return { settings: [], problems: [] };
}

/** A line for each required flag that nobody set; not where its value was given but bad. */
function missingFlags(settings: Settings, problems: readonly string[]): string[] {
  return FLAGS.filter((row) => row.required === true && !settings.isSet(row.name))
    .filter((row) => !problems.some((problem) => /^--(\S+?)[: ]/.exec(problem)?.[1] === row.name))
    .map((row) => `--${row.name}: missing: expected ${lowerFirst(row.usage.split('. ')[0] ?? '')}`);
}

function lowerFirst(text: string): string {
  const isWord = /^[A-Z][a-z]/.test(text);
  return (isWord ? text.charAt(0).toLowerCase() + text.slice(1) : text).replace(/\.$/, '');
}
