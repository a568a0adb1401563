import type { MessagePort, TransferListItem } from 'node:worker_threads';
import type { ErrorCode } from '../../errors/codes.js';
import { NodeError, type Severity, toNodeError } from '../../errors/nodeError.js';

/** Calls of one side that wait for their answers. A peer's flood must not become a queue of the other thread. */
const MAX_WAITING = 1024;

/** What one side can be asked for: every method takes one cloneable argument. */
export type WireMethods = object;
type Argument<M, K extends keyof M> = M[K] extends (argument: infer A) => unknown ? A : never;
type Answer<M, K extends keyof M> = M[K] extends (argument: never) => Promise<infer R> ? R : never;

/** As much of a port as the wire needs; `parentPort`, a Worker and a MessagePort are such. */
export type WirePort = Pick<MessagePort, 'postMessage'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown;
};

interface ErrorFields {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly message: string;
}

type WireMessage =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: string;
      readonly argument: unknown;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorFields };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: NodeError) => void;
}

/**
 * Calls between two threads over one port: each side calls the methods of the other and waits for the answer. Errors cross
 * as NodeErrors of their code. Bounded: a call beyond `MAX_WAITING` fails at once.
 */
export class Wire<Own extends WireMethods, Other extends WireMethods> {
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  /** Why the other side is gone; null while it is there. */
  private gone: string | null = null;

  constructor(private readonly port: WirePort) {}

  /** From now on the other side's calls are answered, and its answers heard; what came before has waited in the port. */
  serve(own: Own): void {
    this.port.on('message', (message) => void this.receive(own, message as WireMessage));
  }

  /**
   * Calls a method of the other side.
   * @param transfer memory in the argument that is given away instead of copied.
   * @throws NodeError of the other side, or P2P_UNAVAILABLE when it is gone or has too much to do.
   */
  call<K extends keyof Other & string>(
    method: K,
    argument: Argument<Other, K>,
    transfer: readonly TransferListItem[] = [],
  ): Promise<Answer<Other, K>> {
    if (this.gone !== null) return Promise.reject(unavailable(this.gone));
    if (this.waiting.size >= MAX_WAITING) {
      return Promise.reject(unavailable('the p2p thread has too much to do'));
    }
    const id = this.nextId++;
    return new Promise<Answer<Other, K>>((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as Answer<Other, K>), reject });
      this.post({ kind: 'call', id, method, argument }, transfer);
    });
  }

  /** Fails what waits and what will be asked, with that message; the other side has ended. The first message stays. */
  close(message: string): void {
    this.gone ??= message;
    for (const { reject } of this.waiting.values()) reject(unavailable(message));
    this.waiting.clear();
  }

  private post(message: WireMessage, transfer: readonly TransferListItem[] = []): void {
    this.port.postMessage(message, transfer);
  }

  private async receive(own: Own, message: WireMessage): Promise<void> {
    if (message.kind === 'call') return this.answer(own, message);
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else {
      const { code, severity, message: text } = message.error;
      waiting?.reject(new NodeError(code, text, { severity }));
    }
  }

  private async answer(
    own: Own,
    { id, method, argument }: Extract<WireMessage, { readonly kind: 'call' }>,
  ): Promise<void> {
    const run = own[method as keyof Own] as (argument: unknown) => unknown;
    try {
      this.post({ kind: 'answer', id, value: await run.call(own, argument) });
    } catch (thrown) {
      const { code, severity, message } = toNodeError(thrown);
      this.post({ kind: 'failure', id, error: { code, severity, message } });
    }
  }
}

/** The thread is gone or cannot be asked now. */
export function unavailable(message: string): NodeError {
  return new NodeError('P2P_UNAVAILABLE', message, { severity: 'temporary' });
}
