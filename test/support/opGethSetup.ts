import { opGethBinary } from '../../devnet/opGeth.js';
import { SetupError } from '../../devnet/setupError.js';

/** Global set-up of the tests with real processes: op-geth exists before the first of them starts. */
export async function setup(): Promise<void> {
  try {
    await opGethBinary({ env: process.env, say: (line) => console.log(line) });
  } catch (thrown) {
    if (!(thrown instanceof SetupError)) throw thrown;
    console.error(thrown.message);
    process.exit(1);
  }
}
