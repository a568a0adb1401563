import type { ErrorCode } from '../errors/codes.js';
import { NodeError, toNodeError } from '../errors/nodeError.js';
import { anyOf } from '../runtime/anyOf.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { Log } from '../telemetry/logger.js';
import type { Hash } from '../types/block.js';
import { isZeroRef } from '../types/block.js';
import type {
  SequencerConductor,
  SequencerEngine,
  SequencerRecorder,
  SequencerStateStore,
} from './ports.js';
import { isBeingLeft, type SequencerCell, type SequencerState } from './sequencerState.js';

export interface SequencerAdminDeps {
  readonly state: SequencerCell;
  readonly engine: Pick<SequencerEngine, 'heads'>;
  readonly conductor: SequencerConductor;
  readonly store: Pick<SequencerStateStore, 'sequencerStarted' | 'sequencerStopped'>;
  readonly recorder: Pick<SequencerRecorder, 'active'>;
  readonly log: Log;
}

/**
 * Starts and stops the sequencer. The messages of its errors are op-node's: they reach callers of `admin_*` as they are.
 * op-node `rollup/sequencing/sequencer.go` Init, Start, Stop.
 */
export class SequencerAdmin {
  private readonly turn = new Semaphore(1);

  constructor(private readonly deps: SequencerAdminDeps) {}

  get isActive(): boolean {
    return this.deps.state.get().isActive;
  }

  get isConductorEnabled(): boolean {
    return this.deps.conductor.isEnabled;
  }

  /** The state that the node begins with. @throws NodeError when it cannot be stored. */
  async init(isActive: boolean): Promise<void> {
    if (isActive) return this.forceStart();
    this.deps.recorder.active(false);
    await stored(this.deps.store.sequencerStopped(), 'initial stopped state');
  }

  /**
   * Starts on top of the unsafe head, which must be the block that the caller means.
   * @throws NodeError SEQUENCER_*, checked in this order: leader, already running, known head, same head.
   */
  async start(unsafeHash: Hash, signal: AbortSignal): Promise<void> {
    if (!(await this.isLeader(signal))) {
      throw refused('SEQUENCER_NOT_LEADER', 'sequencer is not the leader, aborting');
    }
    await this.inTurn(signal, () => this.startOn(unsafeHash));
  }

  /**
   * Stops once the last block that others may have seen is our unsafe head, or at once where another node leads or the engine
   * is led to another chain. A block that is not sealed yet is dropped. @returns the unsafe head's hash.
   */
  async stop(signal: AbortSignal): Promise<Hash> {
    for (;;) {
      const { work } = this.deps.state.get();
      const hash = await this.inTurn(signal, () => this.stopNow(signal));
      if (hash !== null) return hash;
      await anyOf([(s) => this.changed(work, s), (s) => this.left(work, s)], signal);
    }
  }

  setRecoverMode(isRecovering: boolean): void {
    this.deps.state.recover(isRecovering);
  }

  overrideLeader(): void {
    this.deps.conductor.overrideLeader();
  }

  private async startOn(unsafeHash: Hash): Promise<void> {
    if (this.isActive) throw refused('SEQUENCER_ALREADY_RUNNING', 'sequencer already running');
    const { unsafe, elSync } = this.deps.engine.heads.get();
    if (isZeroRef(unsafe) || elSync === 'willStart') {
      const text = `no prestate, cannot determine if sequencer start at ${unsafeHash} is safe`;
      throw refused('SEQUENCER_NO_PRESTATE', text);
    }
    if (unsafe.hash !== unsafeHash) {
      const text = `block hash does not match: head ${unsafe.hash}:${unsafe.number}, received ${unsafeHash}`;
      throw refused('SEQUENCER_HEAD_MISMATCH', text);
    }
    await this.forceStart();
  }

  /** Null while a block is out that others may have seen. */
  private async stopNow(signal: AbortSignal): Promise<Hash | null> {
    const { isActive, work } = this.deps.state.get();
    if (!isActive) throw refused('SEQUENCER_NOT_RUNNING', 'sequencer not running');
    const isOut = work?.kind === 'committing' || work?.kind === 'published';
    const isLeft = isBeingLeft(work, this.deps.engine.heads.get());
    if (isOut && !isLeft && (await this.mustWait(signal))) return null;
    // At once: a block that is being sealed must not go out while the state is written.
    this.deps.state.deactivate();
    try {
      await stored(this.deps.store.sequencerStopped(), 'stop');
    } catch (thrown) {
      this.deps.state.activate();
      throw thrown;
    }
    this.deps.recorder.active(false);
    this.deps.log.info('Sequencer has been stopped');
    return this.deps.engine.heads.get().unsafe.hash;
  }

  /** One start or stop at a time: the state takes a while to be stored, and none may find it half changed. */
  private async inTurn<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const release = await this.turn.acquire(signal);
    try {
      return await run();
    } finally {
      release();
    }
  }

  private async forceStart(): Promise<void> {
    const { engine, log, store, recorder } = this.deps;
    const { unsafe } = engine.heads.get();
    if (isZeroRef(unsafe)) log.info('Starting sequencing, without known pre-state');
    else log.info('Starting sequencing on top of known pre-state', { head: unsafe });
    await stored(store.sequencerStarted(), 'start');
    this.deps.state.activate();
    recorder.active(true);
    log.info('Sequencer has been started');
  }

  private async isLeader(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.deps.conductor.isLeader(signal);
    } catch (thrown) {
      const { message } = toNodeError(thrown);
      throw refused('SEQUENCER_LEADER_UNKNOWN', `sequencer leader check failed: ${message}`);
    }
  }

  /** A node that does not lead may never get its block in; neither does one that cannot tell. */
  private async mustWait(signal: AbortSignal): Promise<boolean> {
    const { conductor, log } = this.deps;
    try {
      if (await conductor.isLeader(signal)) return true;
      log.info('Not leader anymore, skipping head sync wait');
    } catch (thrown) {
      const err = toNodeError(thrown).message;
      log.warn('Could not determine leadership while stopping. Skipping wait.', { err });
    }
    return false;
  }

  private async changed(work: SequencerState['work'], signal: AbortSignal): Promise<void> {
    const { state } = this.deps;
    let seen = state.get();
    while (seen.work === work && seen.isActive) seen = await state.changed(seen, signal);
  }

  /** The engine is being led to another chain, which may take its time. */
  private async left(work: SequencerState['work'], signal: AbortSignal): Promise<void> {
    const { heads } = this.deps.engine;
    let seen = heads.get();
    while (!isBeingLeft(work, seen)) seen = await heads.changed(seen, signal);
  }
}

function refused(code: ErrorCode, message: string): NodeError {
  return new NodeError(code, message, { severity: 'temporary' });
}

async function stored(done: Promise<void>, what: string): Promise<void> {
  try {
    await done;
  } catch (thrown) {
    const cause = toNodeError(thrown);
    const text = `failed to notify sequencer-state listener of ${what}: ${cause.message}`;
    throw new NodeError(cause.code, text, { severity: cause.severity, cause });
  }
}
