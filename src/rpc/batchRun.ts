import type { Turns } from '../runtime/turns.js';
import type { Messages } from './json/message.js';
import type { RpcMessage } from './json/rpcMessage.js';

/** So much of a batch is read, and so many of its messages are answered, in one turn of the event loop. */
const CHARS_PER_TURN = 64 * 1024;
const MESSAGES_PER_TURN = 64;

/** Whom an answer is for. */
export interface Caller {
  /** Fires when the server stops. */
  readonly stopped: AbortSignal;
  /** True once nobody waits for the answer. */
  readonly isGone: boolean;
  /** What is answered to a body that is not JSON: its time may have been up before it was there. */
  readonly malformed: 'parse error' | 'read timeout';
  /** The answer has so many bytes already, held for this caller. */
  holds(bytes: number): void;
  /** The result of a method that this caller alone has; null for any other. Absent where it has none. @throws RpcFault */
  readonly own?: (method: string, params: string | null) => string | null;
}

/** A batch that is being answered: its messages one by one, in turns with whatever else the process does. */
export class BatchRun {
  private readonly messages: Messages;
  private readonly turns: Turns;
  private readonly caller: Caller;
  /** Of the turns that are over, and of this one. */
  private readonly parts: string[] = [];
  private answers: string[] = [];
  private answerBytes = 0;
  private messagesThisTurn = 0;

  constructor(messages: Messages, turns: Turns, caller: Caller) {
    this.messages = messages;
    this.turns = turns;
    this.caller = caller;
  }

  /** Bytes of the answers so far. */
  get bytes(): number {
    return this.answerBytes;
  }

  /** The next message; null behind the last, or once the caller is gone. */
  next(): RpcMessage | null | Promise<RpcMessage | null> {
    const message = this.isTurnOver() ? 'more' : this.messages.next(CHARS_PER_TURN);
    return message === 'more' ? this.nextLater() : message;
  }

  /** Keeps an answer; the empty one is none. */
  add(answer: string): void {
    if (answer === '') return;
    this.answers.push(answer);
    this.answerBytes += answer.length + 1;
  }

  /** The whole answer; empty where there is none to any message. */
  answer(lineEnd: string): string {
    this.endPart();
    return this.parts.length === 0 ? '' : `[${this.parts.join(',')}]${lineEnd}`;
  }

  /** Many short texts become one within the turn that made them: to join them all at the end would take long. */
  private endPart(): void {
    if (this.answers.length > 0) this.parts.push(this.answers.join(','));
    this.answers = [];
  }

  private isTurnOver(): boolean {
    this.messagesThisTurn += 1;
    return this.messagesThisTurn > MESSAGES_PER_TURN;
  }

  private async nextLater(): Promise<RpcMessage | null> {
    for (;;) {
      this.endPart();
      this.caller.holds(this.answerBytes);
      await this.turns.next();
      this.messagesThisTurn = 1;
      if (this.caller.isGone) return null;
      const message = this.messages.next(CHARS_PER_TURN);
      if (message !== 'more') return message;
    }
  }
}
