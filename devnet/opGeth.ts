import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withBuildLock } from './buildLock.js';
import { projectRoot } from './projectRoot.js';
import { SetupError } from './setupError.js';

const TOOL = 'github.com/ethereum/go-ethereum/cmd/geth';
const PROGRESS_MS = 15_000;
const LAST_LINES = 20;

export interface OpGethOptions {
  /** Environment to read OP_GETH_BIN and PATH from. */
  readonly env: NodeJS.ProcessEnv;
  /** Receives the progress lines. */
  readonly say: (line: string) => void;
  /** Where builds are kept; `.cache/op-geth` of the project unless given. */
  readonly cache?: string;
}

/**
 * Path of an op-geth binary: `OP_GETH_BIN` when set, else the build in the cache, else built once from the Go
 * module in `devnet/op-geth`. Builds are keyed by version and module files, and concurrent callers share one.
 * @throws SetupError when OP_GETH_BIN names no file, Go is missing, or the build fails.
 */
export async function opGethBinary(options: OpGethOptions): Promise<string> {
  const given = options.env.OP_GETH_BIN;
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new SetupError(`OP_GETH_BIN names no file: ${given}`);
    return given;
  }
  const moduleDir = join(projectRoot(), 'devnet', 'op-geth');
  const { version, key } = await moduleKey(moduleDir);
  const cache = options.cache ?? join(projectRoot(), '.cache', 'op-geth');
  const binary = join(cache, key, 'geth');
  if (existsSync(binary)) return binary;
  await mkdir(join(cache, key), { recursive: true });
  await withBuildLock(
    join(cache, `${key}.lock`),
    async () => {
      if (!existsSync(binary)) await build({ moduleDir, binary, version, options });
    },
    () => options.say(`op-geth ${version} is being built by another process, waiting`),
  );
  return binary;
}

async function moduleKey(moduleDir: string): Promise<{ version: string; key: string }> {
  const mod = await readFile(join(moduleDir, 'go.mod'), 'utf8');
  const sum = await readFile(join(moduleDir, 'go.sum'), 'utf8');
  const version = /ethereum-optimism\/op-geth (v\S+)/.exec(mod)?.[1];
  if (version === undefined) throw new Error('devnet/op-geth/go.mod names no op-geth version');
  const digest = createHash('sha256').update(mod).update(sum).digest('hex').slice(0, 8);
  return { version, key: `${version}-${digest}` };
}

interface Build {
  readonly moduleDir: string;
  readonly binary: string;
  readonly version: string;
  readonly options: OpGethOptions;
}

async function build({ moduleDir, binary, version, options }: Build): Promise<void> {
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)}s`;
  options.say(`building op-geth ${version} with Go (about two minutes, once)`);
  const ticker = setInterval(
    () => options.say(`building op-geth: ${elapsed()} so far`),
    PROGRESS_MS,
  );
  const partial = `${binary}.${process.pid}.part`;
  try {
    await goBuild(moduleDir, partial, options.env);
    await rename(partial, binary);
  } finally {
    clearInterval(ticker);
    await rm(partial, { force: true });
  }
  options.say(`op-geth ${version} built in ${elapsed()}`);
}

function goBuild(cwd: string, output: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', ['build', '-buildvcs=false', '-o', output, TOOL], {
      cwd,
      env: { ...env, GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? noGo() : error);
    });
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(buildFailed(stderr));
    });
  });
}

function noGo(): SetupError {
  return new SetupError(
    'Go was not found, and op-geth must be built with it: install Go 1.24 or later, or set OP_GETH_BIN to an op-geth binary.',
  );
}

function buildFailed(stderr: string): SetupError {
  const lines = stderr.trim().split('\n').slice(-LAST_LINES).join('\n');
  return new SetupError(
    `op-geth could not be built (set OP_GETH_BIN to use another binary):\n${lines}`,
  );
}
