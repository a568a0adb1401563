import { abortable, abortedError } from './abort.js';

/** Bounded queue between two actors: a full one makes `send` wait (backpressure) and `trySend` refuse. */
export interface Mailbox<T> {
  /** Waits for room. @throws NodeError ABORTED when the signal fires or the mailbox is closed. */
  send(message: T, signal: AbortSignal): Promise<void>;
  /** False when there is no room; the message is dropped and counted. */
  trySend(message: T): boolean;
  /** Waits for a message. @throws NodeError ABORTED */
  receive(signal: AbortSignal): Promise<T>;
  /** The next message if there is one, without waiting. */
  tryReceive(): T | undefined;
  readonly depth: number;
}

export interface MailboxOptions {
  /** Messages held at once, at least 1. */
  readonly capacity: number;
}

interface WaitingSender<T> {
  readonly message: T;
  readonly admitted: () => void;
  readonly refused: (error: unknown) => void;
}

interface WaitingReceiver<T> {
  readonly deliver: (message: T) => void;
  readonly refused: (error: unknown) => void;
}

/**
 * The Mailbox. Messages leave in the order in which they were admitted; waiting senders and receivers are served
 * first come, first served. A message that was handed over is never lost, also when the signal fires afterwards.
 */
export class BoundedMailbox<T> implements Mailbox<T> {
  private readonly items: T[] = [];
  private readonly senders = new Set<WaitingSender<T>>();
  private readonly receivers = new Set<WaitingReceiver<T>>();
  private isClosed = false;
  private droppedCount = 0;
  private waitCount = 0;

  constructor(private readonly options: MailboxOptions) {}

  get depth(): number {
    return this.items.length;
  }

  /** Messages that `trySend` refused. */
  get dropped(): number {
    return this.droppedCount;
  }

  /** How often `send` had to wait for room. */
  get sendWaits(): number {
    return this.waitCount;
  }

  async send(message: T, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.isClosed) throw abortedError(signal.reason);
    if (this.admit(message)) return;
    this.waitCount += 1;
    await abortable<void>(signal, ({ resolve, reject }) => {
      const sender = { message, admitted: () => resolve(), refused: reject };
      this.senders.add(sender);
      return () => this.senders.delete(sender);
    });
  }

  trySend(message: T): boolean {
    if (!this.isClosed && this.admit(message)) return true;
    this.droppedCount += 1;
    return false;
  }

  async receive(signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw abortedError(signal.reason);
    if (this.items.length > 0) return this.take();
    if (this.isClosed) throw abortedError();
    return abortable<T>(signal, ({ resolve, reject }) => {
      const receiver = { deliver: resolve, refused: reject };
      this.receivers.add(receiver);
      return () => this.receivers.delete(receiver);
    });
  }

  tryReceive(): T | undefined {
    return this.items.length > 0 ? this.take() : undefined;
  }

  /** Ends the mailbox: who waits gets ABORTED, new sends are refused; what it holds can still be received. */
  close(): void {
    this.isClosed = true;
    for (const waiter of [...this.senders, ...this.receivers]) waiter.refused(abortedError());
    this.senders.clear();
    this.receivers.clear();
  }

  /** Receivers wait only while nothing is held, senders only while it is full: never both. */
  private admit(message: T): boolean {
    const [receiver] = this.receivers;
    if (receiver !== undefined) {
      this.receivers.delete(receiver);
      receiver.deliver(message);
      return true;
    }
    if (this.items.length >= this.options.capacity) return false;
    this.items.push(message);
    return true;
  }

  /** Takes the oldest message and lets the sender that waited longest fill its place. */
  private take(): T {
    const message = this.items.shift() as T;
    const [sender] = this.senders;
    if (sender !== undefined) {
      this.senders.delete(sender);
      this.items.push(sender.message);
      sender.admitted();
    }
    return message;
  }
}
