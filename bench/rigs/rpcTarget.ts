import { join } from 'node:path';
import { World } from '../../conformance/world.js';
import { projectRoot } from '../../devnet/projectRoot.js';
import { sharedMs } from '../measure/sharedMs.js';
import { startRecordedServer } from './recordedServer.js';

/**
 * A process under load, forked by `hostile.ts` and `fanout.ts`: the node's RPC server on a recorded chain, with its metrics.
 * Tells its URL by a message and ends with its parent. Sent a number, it makes that the number of its unsafe head and tells
 * when it did.
 */

async function startSlipstream(): Promise<string> {
  const world = new World(join(projectRoot(), 'conformance', 'worlds', 'forks'));
  const { url, status } = await startRecordedServer(world);
  process.on('message', (number: number) => {
    const { unsafeL2, ...rest } = status.get();
    const atMs = sharedMs();
    status.set({ ...rest, unsafeL2: { ...unsafeL2, number: BigInt(number) } });
    process.send?.({ number, atMs });
  });
  return url;
}

const url = await startSlipstream();
process.on('disconnect', () => process.exit(0));
process.send?.(url);
