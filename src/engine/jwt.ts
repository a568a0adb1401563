import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { NodeError } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';

const SECRET_BYTES = 32;
const SECRET_PATTERN = /^(?:0x|0X)?[0-9a-fA-F]{64}$/;
/** Only its owner may read the key. */
const SECRET_FILE_MODE = 0o600;
/** The engine accepts `iat` within 60 s of its own time: a token this old leaves most of that for clock drift. */
const TOKEN_MAX_AGE_MS = 5_000;

/**
 * Reads the Engine API secret; `0x` and white space around it are tolerated. A missing file gets a new random key
 * (mode 0600), with a warning in the log.
 * @returns 32 bytes.
 * @throws NodeError CONFIG_INVALID, critical: the path is empty, or the file cannot be read or written, or holds
 * anything but 32 hex bytes (an empty file too). op-node `op-service/rpc/jwt.go`.
 */
export async function loadJwtSecret(path: string, log: Logger): Promise<Uint8Array> {
  const secret = await readJwtSecret(path);
  if (secret !== null) return secret;
  const file = path.trim();
  log.warn('Failed to read JWT secret from file, generating a new one now.', { path: file });
  return createSecretFile(file);
}

/**
 * As `loadJwtSecret`, and writes nothing.
 * @returns 32 bytes; null where there is no such file.
 */
export async function readJwtSecret(path: string): Promise<Uint8Array | null> {
  const file = path.trim();
  if (file === '') throw invalid('--l2.jwt-secret: expected the path of a JWT secret file, got ""');
  const text = await readSecretFile(file);
  if (text === null) return null;
  const secret = text.trim();
  if (!SECRET_PATTERN.test(secret)) {
    throw invalid(`--l2.jwt-secret: expected 32 hex bytes in file ${JSON.stringify(file)}`);
  }
  return Buffer.from(secret.slice(-2 * SECRET_BYTES), 'hex');
}

async function readSecretFile(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw invalid(`--l2.jwt-secret: cannot read file ${JSON.stringify(file)}`, cause);
  }
}

async function createSecretFile(file: string): Promise<Uint8Array> {
  const secret = randomBytes(SECRET_BYTES);
  try {
    // Exclusive: a file that appeared meanwhile is not overwritten.
    await writeFile(file, `0x${secret.toString('hex')}`, { mode: SECRET_FILE_MODE, flag: 'wx' });
  } catch (cause) {
    throw invalid(`--l2.jwt-secret: cannot write a new key to ${JSON.stringify(file)}`, cause);
  }
  return secret;
}

function invalid(message: string, cause?: unknown): NodeError {
  return new NodeError('CONFIG_INVALID', message, { severity: 'critical', cause });
}

/**
 * Makes the bearer tokens of the Engine API: HS256 with `iat` of now; one token serves for five seconds.
 * Spec: execution-apis `engine/authentication.md`.
 */
export class JwtTokenProvider {
  private token: { readonly value: string; readonly atMs: number } | null = null;

  /** @param secret 32 bytes. */
  constructor(
    private readonly secret: Uint8Array,
    private readonly clock: Clock,
  ) {}

  /** A token that the engine accepts now. */
  async getToken(): Promise<string> {
    const nowMs = this.clock.nowMs();
    const kept = this.token;
    // The wall clock may go backwards; then the kept token would lie in the future.
    if (kept !== null && nowMs >= kept.atMs && nowMs - kept.atMs < TOKEN_MAX_AGE_MS) {
      return kept.value;
    }
    const value = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(Math.floor(nowMs / 1000))
      .sign(this.secret);
    this.token = { value, atMs: nowMs };
    return value;
  }
}
