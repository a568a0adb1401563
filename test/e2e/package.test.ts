import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';
import { projectRoot } from '../../devnet/projectRoot.js';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Installed {
  readonly bin: string;
  readonly program: string;
}

/** All that the package is to contain beside what npm always adds. */
const SHIPPED = /^dist\/bin\/(?:[\w-]+\.js(?:\.map)?|LICENSES\.txt|statusPage\.html)$/;
const ALWAYS = ['LICENSE', 'README.md', 'package.json'];

/** Flags and networks are about a hundred kilobytes. */
const MAX_ANSWER_BYTES = 200_000;
/** What only some nodes have. */
const PARTS = [
  'createDerivation.js',
  'createFollowActors.js',
  'createSequencer.js',
  'createStatus.js',
  'createVerifier.js',
  'safeDb.js',
];

describe('the package', () => {
  let folder: string;
  let packed: Packed;
  let bin: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', args, { cwd: projectRoot() });
    packed = Object.values(JSON.parse(stdout) as Record<string, Packed>)[0] as Packed;
    ({ bin, program } = await installed(join(folder, packed.filename), join(folder, 'user')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains the bundle and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !SHIPPED.test(path)).sort()).toEqual(ALWAYS);
    expect(paths).toContain('dist/bin/slipstream.js');
    expect(paths).toContain('dist/bin/LICENSES.txt');
    expect(paths).toContain('dist/bin/statusPage.html');
  });

  it('keeps every file in one byte a character, as V8 does only with Latin-1', () => {
    const files = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.js'));
    const wide = files.filter((path) =>
      /[^\0-\u00ff]/.test(readFileSync(join(bin, '..', '..', path), 'utf8')),
    );
    expect(wide).toEqual([]);
  });

  it('loads little to answer --version or --help, and for a node no part that it may not have', () => {
    const answering = loaded(bin, 'slipstream.js');
    expect(answering).not.toContain('run.js');
    expect(bytesOf(bin, answering)).toBeLessThan(MAX_ANSWER_BYTES);
    const running = loaded(bin, 'run.js');
    for (const part of PARTS) {
      expect(existsSync(join(bin, part))).toBe(true);
      expect(running).not.toContain(part);
    }
  });

  it.each(['--version', '--help'])('answers %s', async (flag) => {
    const { stdout } = await run(program, [flag]);
    expect(stdout).toContain('slipstream');
  });

  it('derives from blobs and keeps safe heads with no other packages than it asks for', async () => {
    const world = derivedWorld('forks');
    const rig = await DeriveRig.open(world, { folder, command: [program] });
    try {
      await rig.startNode();
      await rig.reach('the recorded safe head', ({ safe_l2 }) => {
        return safe_l2.hash === world.status.safe_l2.hash;
      });
    } finally {
      await rig.close();
    }
  });
});

/** Installs a package as a user does, in an empty folder. @returns where it is, and its program. */
async function installed(tarball: string, folder: string): Promise<Installed> {
  await mkdir(folder);
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--omit=dev', tarball];
  await run('npm', args, { cwd: folder });
  const modules = join(folder, 'node_modules');
  return {
    bin: join(modules, 'slipstream', 'dist', 'bin'),
    program: join(modules, '.bin', 'slipstream'),
  };
}

/** The files that are read before the first line of this one runs, itself too. */
function loaded(folder: string, entry: string): readonly string[] {
  const files = new Set([entry]);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, next = ''] of text.matchAll(/^import [^"]*"\.\/([^"]+)"/gm)) files.add(next);
  }
  return [...files];
}

function bytesOf(folder: string, files: readonly string[]): number {
  return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
