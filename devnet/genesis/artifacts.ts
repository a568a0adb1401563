import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Abi, Hex } from 'viem';
import { encodeFunctionData } from 'viem';

const PACKAGE = '@eth-optimism/contracts-bedrock';

/** A compiled contract of the published package. */
export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: { readonly object: Hex };
  readonly deployedBytecode: { readonly object: Hex };
}

/** @throws Error where the package has no such contract. */
export function artifact(name: string): Artifact {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve(`${PACKAGE}/package.json`));
  const file = join(folder, 'forge-artifacts', `${name}.sol`, `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact;
}

/** Call data of a contract's function. */
export function callData(contract: string, functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: artifact(contract).abi, functionName, args });
}
