import { toNodeError } from '../errors/nodeError.js';
import { RpcError } from '../transport/ports.js';
import { HttpStatusError } from '../transport/transportErrors.js';

/** Failures of sockets and names, in plain words. */
const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve now',
  ECONNRESET: 'it breaks the connection off',
  EPIPE: 'it breaks the connection off',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'no connection in time',
  EADDRINUSE: 'another program has it',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'the system does not permit it',
  EPERM: 'the system does not permit it',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is a file',
  EROFS: 'its disk is read-only',
};

/** A code of the system in plain words; the code itself where we have none. */
export function systemReason(code: string): string {
  return SYSTEM_REASONS[code] ?? code;
}

/** Why an endpoint could not be used, to be put behind its name: no stack, one line once it is printed. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof HttpStatusError) {
    const { body } = thrown.fields as { readonly body: string };
    return `it answers HTTP ${thrown.status}${body === '' ? '' : ` (${body})`}`;
  }
  if (thrown instanceof RpcError) return `it answers error ${thrown.rpcCode}: ${thrown.message}`;
  const { code, message, fields, cause } = toNodeError(thrown);
  switch (code) {
    case 'TRANSPORT_TIMEOUT':
      return `no answer within ${Number(fields.timeoutMs) / 1_000} s`;
    case 'TRANSPORT_MALFORMED':
      return `it answers with something malformed: ${String(fields.reason)}`;
    case 'TRANSPORT_FAILED':
      return causeOf(cause) ?? message;
    default:
      return typeof fields.reason === 'string' ? `${message}: ${fields.reason}` : message;
  }
}

/** The first cause that the system or a library named. */
function causeOf(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  if (code !== null && code in SYSTEM_REASONS) return systemReason(code);
  return causeOf(cause.cause) ?? (cause.message === '' ? code : cause.message);
}
