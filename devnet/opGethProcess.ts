import type { EngineFiles, EngineNode, EngineSetup } from './engineNode.js';
import { engineFiles, engineUp } from './engineNode.js';
import { opGethBinary } from './opGeth.js';
import type { ProcessGroup } from './processGroup.js';

const INIT_MS = 60_000;
const API = 'eth,net,web3,debug,txpool,admin,miner';

/** A running op-geth: an archive node with hash state scheme, on loopback, without peers. */
export type OpGethNode = EngineNode;

/**
 * Starts op-geth on a genesis, with an own data folder, and waits until both ports answer. A second start under the
 * same name goes on with the data of the first.
 * @throws SetupError when there is no binary, Error when it does not come up.
 */
export async function startOpGeth(group: ProcessGroup, setup: EngineSetup): Promise<OpGethNode> {
  const binary = await opGethBinary({ env: process.env, say: setup.say ?? (() => undefined) });
  const files = await engineFiles(group, setup);
  const { datadir, jwtFile } = files;
  if (files.isNew) await initialize(group, binary, setup, files);
  const child = group.start({
    name: setup.name,
    command: binary,
    args: [
      ...['--datadir', datadir, '--networkid', String(setup.chainId), '--port', '0'],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(setup.ports?.http ?? 0)],
      ...['--http.api', API, '--authrpc.addr', '127.0.0.1', '--authrpc.vhosts', '*'],
      ...['--authrpc.port', String(setup.ports?.auth ?? 0), '--authrpc.jwtsecret', jwtFile],
      ...['--nodiscover', '--maxpeers', '0', '--ipcdisable', '--rollup.disabletxpoolgossip'],
      ...['--syncmode', 'full', '--gcmode', 'archive', '--state.scheme=hash', '--cache', '64'],
      ...(setup.args ?? []),
    ],
  });
  return engineUp(child, files, endpoints);
}

async function initialize(
  group: ProcessGroup,
  binary: string,
  { name }: EngineSetup,
  { datadir, genesis }: EngineFiles,
): Promise<void> {
  const init = group.start({
    name: `${name}-init`,
    command: binary,
    args: ['init', '--state.scheme=hash', '--datadir', datadir, genesis],
  });
  const exit = await init.ended(INIT_MS);
  if (exit.code !== 0) throw init.failure() ?? new Error('op-geth init failed');
}

/** Both endpoints as op-geth logs them, or undefined before both are open. */
function endpoints(log: string): [string, string] | undefined {
  const lines = [...log.matchAll(/HTTP server started\s+endpoint=(\S+)\s+auth=(true|false)/g)];
  const open = lines.find((line) => line[2] === 'false')?.[1];
  const auth = lines.find((line) => line[2] === 'true')?.[1];
  return open && auth ? [`http://${open}`, `http://${auth}`] : undefined;
}
