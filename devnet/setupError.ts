/** Something the machine lacks or the user must change; its message is the whole report, without a stack trace. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/**
 * Runs a command line program to its exit code. A SetupError becomes its one sentence on stderr and exit code 1;
 * any other error is a bug and is printed whole, exit code 1 too.
 */
export async function runProgram(program: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await program();
  } catch (thrown) {
    console.error(thrown instanceof SetupError ? thrown.message : thrown);
    process.exitCode = 1;
  }
}
