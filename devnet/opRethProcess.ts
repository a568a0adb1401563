import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineNode, EngineSetup } from './engineNode.js';
import { engineFiles, engineUp } from './engineNode.js';
import type { ProcessGroup } from './processGroup.js';
import { SetupError } from './setupError.js';

const API = 'admin,debug,eth,net,txpool,web3,miner';
/** Output roots of blocks before Isthmus need proofs of any block. */
const PROOF_WINDOW_BLOCKS = 100_000;

/** The op-reth that `OP_RETH_BIN` names; null without one: it is not built here. @throws SetupError when it names no file. */
export function opRethBinary(env: NodeJS.ProcessEnv): string | null {
  const { OP_RETH_BIN: given } = env;
  if (given === undefined || given === '') return null;
  if (!existsSync(given)) throw new SetupError(`OP_RETH_BIN names no file: ${given}`);
  return given;
}

/**
 * Starts op-reth on a genesis, as `startOpGeth` does op-geth.
 * @throws SetupError without OP_RETH_BIN, Error when it does not come up.
 */
export async function startOpReth(group: ProcessGroup, setup: EngineSetup): Promise<EngineNode> {
  const binary = opRethBinary(process.env);
  if (binary === null) throw new SetupError('OP_RETH_BIN must name an op-reth binary');
  const files = await engineFiles(group, setup);
  const child = group.start({
    name: setup.name,
    command: binary,
    args: [
      ...['node', '--chain', files.genesis, '--datadir', files.datadir, '--color', 'never'],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(setup.ports?.http ?? 0)],
      ...['--http.api', API, '--authrpc.addr', '127.0.0.1'],
      ...['--authrpc.port', String(setup.ports?.auth ?? 0), '--authrpc.jwtsecret', files.jwtFile],
      ...['--addr', '127.0.0.1', '--port', '0', '--disable-discovery', '--ipcdisable'],
      ...['--rollup.disable-tx-pool-gossip', '--rpc.eth-proof-window', String(PROOF_WINDOW_BLOCKS)],
      ...['--log.file.max-files', '0', '--log.file.directory', join(files.datadir, 'logs')],
      ...(setup.args ?? []),
    ],
  });
  return engineUp(child, files, endpoints);
}

/** Both endpoints as op-reth logs them, or undefined before both are open. */
function endpoints(log: string): [string, string] | undefined {
  const open = lastOf(log, /RPC HTTP server started url=(\S+)/g);
  const auth = lastOf(log, /RPC auth server started url=(\S+)/g);
  return open && auth ? [`http://${open}`, `http://${auth}`] : undefined;
}

function lastOf(log: string, pattern: RegExp): string | undefined {
  return [...log.matchAll(pattern)].at(-1)?.[1];
}
