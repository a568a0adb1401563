import { describe, expect, it } from 'vitest';
import { assembleConfig } from '../../../config/assemble.js';
import { loadChain } from '../../../config/chain.js';
import { FLAGS, type FlagName } from '../../../config/flags.js';
import { readArgs } from '../../../config/readArgs.js';
import { mergeSettings, type Settings } from '../../../config/schema.js';
import { BASE_ARGS, BASE_FILES, filesOf } from '../../support/configFiles.js';

/** Flags whose function op-node took out, and which it takes all the same. */
const OP_NODE_NO_OPS: readonly FlagName[] = [
  'snapshotlog.file',
  'heartbeat.enabled',
  'heartbeat.moniker',
  'heartbeat.url',
  'beta.extra-networks',
  'l2.backup-unsafe-sync-rpc',
  'l2.backup-unsafe-sync-rpc.trustrpc',
  'p2p.score.bands',
];

/** Flags that are read before there is a config. */
const BEFORE: readonly FlagName[] = ['config'];

const OVERRIDES = FLAGS.filter(({ name }) => /^override\./.test(name)).map(
  ({ name, default: value }) => (typeof value === 'boolean' ? `--${name}` : `--${name}=2000000000`),
);

/** Command lines that together have every part of the config made. */
const COMMAND_LINES = [
  [
    ...BASE_ARGS,
    ...OVERRIDES,
    '--pprof.enabled',
    '--signer.endpoint=http://s',
    '--signer.tls.enabled',
  ],
  [...BASE_ARGS, '--l2.follow.source=http://f', '--log.color', '--p2p.bootnodes=enr:a'],
  [
    ...BASE_ARGS,
    '--syncmode=execution-layer',
    '--p2p.scoring=',
    '--interop.dependency-set=set.json',
  ],
  // A chain with alternative data availability, and one whose config has no blob schedule of Pectra.
  ['--network=celo-sep-sepolia'],
  ['--network=settlus-sepolia-sepolia'],
];

/** What they say is of writing to a DA server; op-node takes them and never writes to one either. */
const OF_BATCHERS = ['altda.da-service', 'altda.put-timeout'];

/** The flags whose values go into the config of this command line. */
function flagsRead(args: readonly string[]): ReadonlySet<string> {
  const read = new Set<string>();
  const settings = mergeSettings(readArgs(args).settings);
  const recording: Settings = {
    isSet: (name) => settings.isSet(name),
    get: (name) => {
      read.add(name);
      return settings.get(name);
    },
  };
  const chain = loadChain(recording, filesOf(BASE_FILES), []);
  if (chain === null) throw new Error('no chain');
  assembleConfig(recording, chain, {});
  return read;
}

describe('the value of a flag', () => {
  it('goes into the config, but for flags without a function', () => {
    const read = new Set(COMMAND_LINES.flatMap((args) => [...flagsRead(args)]));
    const unread = FLAGS.map(({ name }) => name).filter((name) => !read.has(name));
    expect(unread.toSorted()).toEqual([...OF_BATCHERS, ...OP_NODE_NO_OPS, ...BEFORE].toSorted());
  });
});
