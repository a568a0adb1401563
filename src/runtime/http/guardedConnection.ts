import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import type { Turns } from '../turns.js';
import type { AnswerTurns } from './answerTurns.js';
import { Deadline } from './deadline.js';
import { Gate, type Tenant } from './gate.js';
import type { HeldBytes, Holder } from './heldBytes.js';

/** For reading a head, and a whole request, and for its answer to be read; op-node `op-service/httputil/timeout.go`. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Between two requests. */
export const IDLE_TIMEOUT_MS = 120_000;
/** How long a connection that was told its end stays, so that the peer reads what was said before; Go's server. */
const LINGER_MS = 500;

/** Answers requests in front of the HTTP server. One for each connection. */
export interface Front {
  /**
   * @param chunk what came in, while nothing is under way.
   * @returns the answer as a byte string; null where the HTTP server has to read this, and all that follows.
   */
  answer(chunk: Buffer): string | Promise<string> | null;
}

export interface GuardedConnectionDeps {
  readonly clock: Clock;
  readonly turns: Turns;
  /** What the fronts of all connections answer in one turn. */
  readonly answers: AnswerTurns;
  readonly held: HeldBytes;
  /** From a request's head, which the HTTP server has read, to the end of its answer. */
  readonly answerTimeoutMs: number;
  /** Gives the connection to the HTTP server. */
  readonly handOver: (gate: Gate) => void;
  readonly onGone: (connection: GuardedConnection) => void;
}

/**
 * One connection under op-node's time limits, from its beginning to its end, and within what all connections may hold.
 * Requests go to the front first. With the first one that the front does not take, the connection goes to the HTTP
 * server through a gate, and stays there, unless a request asks for another protocol: then who speaks that has the socket, with
 * limits of its own, and is here only counted and ended.
 */
export class GuardedConnection implements Holder {
  private readonly socket: Socket;
  private readonly deps: GuardedConnectionDeps;
  private readonly deadline: Deadline;
  private front: Front | null = null;
  private gate: Gate | null = null;
  private tenant: Tenant | null = null;
  private frontBytes = 0;
  private isBusy = false;
  /** A request waits for its turn; and that its caller says no more, for both. */
  private isDeferred = false;
  private isEndDeferred = false;
  private isClosing = false;
  /** True from the first bytes of a request on, and of a new connection from its beginning: its time runs. */
  private isReading = true;
  /** What arrived while an answer, or its turn, was awaited; reading is paused then. */
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private readonly onData = (chunk: Buffer): void => this.receive(chunk);
  private readonly onEnd = (): void => this.receiveEnd();

  constructor(socket: Socket, deps: GuardedConnectionDeps) {
    this.socket = socket;
    this.deps = deps;
    this.deadline = new Deadline(deps.clock, () => this.due());
  }

  /** Begins to read. */
  start(front: Front | null): void {
    const { socket } = this;
    this.front = front;
    socket.setNoDelay(true);
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('error', () => this.cut());
    socket.on('close', () => this.closed());
    this.deadline.set(REQUEST_TIMEOUT_MS);
  }

  get heldBytes(): number {
    const { socket, tenant } = this;
    if (tenant !== null) return tenant.heldBytes + socket.writableLength;
    return this.waitingBytes + this.frontBytes + (this.gate?.heldBytes ?? socket.writableLength);
  }

  /** True when no request is under way; another protocol never rests. */
  get isIdle(): boolean {
    if (this.tenant !== null) return false;
    return !this.isBusy && !(this.gate?.isBusy ?? false) && this.socket.writableLength === 0;
  }

  get isGone(): boolean {
    return this.socket.destroyed;
  }

  /** Sets how many bytes the front holds for the request that it answers. */
  holds(bytes: number): void {
    this.frontBytes = bytes;
    this.deps.held.changed(this);
  }

  cut(): void {
    this.tenant?.cut();
    this.gate?.destroy();
    this.socket.destroy();
  }

  /** Closes at once when idle, else behind the answer that is under way, or as the other protocol does. */
  closeWhenIdle(): void {
    this.isClosing = true;
    if (this.isIdle) this.end();
    this.tenant?.end();
  }

  private receive(chunk: Buffer): void {
    if (this.gate !== null) {
      this.gate.feed(chunk);
      return;
    }
    if (this.isBusy) {
      this.waiting.push(chunk);
      this.waitingBytes += chunk.length;
      this.socket.pause();
      return;
    }
    if (this.front === null || this.deps.answers.take(chunk.length)) this.answer(chunk);
    else this.answerLater(chunk);
  }

  private answer(chunk: Buffer): void {
    const answer = this.front?.answer(chunk) ?? null;
    if (answer === null) this.leave(chunk);
    else if (typeof answer === 'string') this.write(answer);
    else this.writeLater(answer);
  }

  private answerLater(chunk: Buffer): void {
    this.isBusy = true;
    this.isDeferred = true;
    this.holds(chunk.length);
    this.deps.answers.later(chunk.length, () => {
      this.isBusy = false;
      this.isDeferred = false;
      if (this.isGone) return;
      this.holds(0);
      this.answer(chunk);
      this.goOn();
      if (this.isEndDeferred) this.receiveEnd();
    });
  }

  /** A body that takes too long is answered; then, as with everything else, the connection ends. */
  private due(): void {
    if (this.gate?.timeOutBody() ?? false) this.deadline.set(LINGER_MS);
    else this.cut();
  }

  private writeLater(pending: Promise<string>): void {
    this.isBusy = true;
    this.deadline.set(REQUEST_TIMEOUT_MS);
    pending.then(
      (answer) => {
        this.isBusy = false;
        if (this.isGone) return;
        this.holds(0);
        this.write(answer);
        this.goOn();
      },
      // A front that fails has no answer: its caller is better off with an end than with a wait.
      () => this.cut(),
    );
  }

  /** Takes up what arrived in the meantime, or what shutdown asked for. */
  private goOn(): void {
    const { socket, waiting } = this;
    // The HTTP server has answers of its own to end behind.
    if (this.isClosing && this.gate === null) {
      if (!this.isBusy) this.end();
      return;
    }
    if (waiting.length === 0 || this.isBusy) return;
    this.waiting = [];
    this.waitingBytes = 0;
    socket.resume();
    this.receive(Buffer.concat(waiting));
  }

  private write(answer: string): void {
    const { socket } = this;
    this.isReading = false;
    socket.write(answer, 'latin1');
    if (socket.writableLength === 0) {
      this.deadline.set(IDLE_TIMEOUT_MS);
      return;
    }
    // A caller that does not read its answers is not read from either.
    this.isBusy = true;
    socket.pause();
    socket.write('', () => this.written());
    this.deadline.set(REQUEST_TIMEOUT_MS);
    this.deps.held.changed(this);
  }

  private written(): void {
    this.isBusy = false;
    if (this.isGone) return;
    this.deadline.set(IDLE_TIMEOUT_MS);
    this.deps.held.changed(this);
    this.socket.resume();
    this.goOn();
  }

  private receiveEnd(): void {
    this.isEndDeferred = this.isDeferred;
    if (this.isEndDeferred) return;
    this.isClosing = true;
    if (this.gate !== null) this.gate.feedEnd();
    else if (!this.isBusy) this.end();
  }

  private end(): void {
    this.socket.end();
    this.deadline.set(this.socket.writableLength > 0 ? REQUEST_TIMEOUT_MS : LINGER_MS);
  }

  private closed(): void {
    this.deadline.clear();
    this.gate?.destroy();
    this.deps.held.gone(this);
    this.deps.onGone(this);
  }

  /** Hands the connection over as if nothing had been read since the last answer. */
  private leave(unread: Buffer): void {
    this.front = null;
    this.gate = new Gate(this.socket, this.deps.turns, {
      onPart: () => this.reading(),
      onRequest: () => this.deadline.set(this.deps.answerTimeoutMs),
      onIdle: () => this.idle(),
      onEnding: () => this.deadline.set(LINGER_MS),
      onHeld: () => this.deps.held.changed(this),
      onReleased: (tenant) => this.released(tenant),
    });
    // Its socket's errors and end are dealt with here.
    this.gate.on('error', () => this.cut());
    this.deps.handOver(this.gate);
    this.gate.feed(unread);
  }

  private released(tenant: Tenant): void {
    this.tenant = tenant;
    this.gate = null;
    this.deadline.clear();
    this.socket.off('data', this.onData);
    this.socket.off('end', this.onEnd);
  }

  private reading(): void {
    if (!this.isReading) this.deadline.set(REQUEST_TIMEOUT_MS);
    this.isReading = true;
  }

  private idle(): void {
    this.isReading = false;
    this.deadline.set(IDLE_TIMEOUT_MS);
    if (this.isClosing) this.end();
  }
}
