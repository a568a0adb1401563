import { abortable } from '../../runtime/abort.js';
import type { PeerId } from './ports.js';

const MAX_REQUESTS = 128;

/** A range that somebody asked for. */
export interface RangeRequest {
  /** Peers that lack a block of it: they are not asked for its others. */
  readonly lackedBy: Set<PeerId>;
}

/** A block to be asked for. */
export interface BlockRequest {
  readonly number: bigint;
  readonly range: RangeRequest;
  /** Peers that failed to give it. */
  readonly failedBy: Set<PeerId>;
}

/** True when the peer may still be asked. */
export function isOpenTo(peer: PeerId, { range, failedBy }: BlockRequest): boolean {
  return !range.lackedBy.has(peer) && !failedBy.has(peer);
}

/** Blocks that are to be asked for, first come first served; each peer takes those that it has not been asked for. */
export class RequestQueue {
  private readonly requests: BlockRequest[] = [];
  private readonly waiting = new Set<() => void>();

  /** @returns false when there is no room. */
  add(request: BlockRequest): boolean {
    if (this.requests.length >= MAX_REQUESTS) return false;
    this.requests.push(request);
    this.wakeAll();
    return true;
  }

  /** Puts one that was taken out in front again; each peer has one at most, so that the room is kept but for them. */
  putBack(request: BlockRequest): void {
    this.requests.unshift(request);
    this.wakeAll();
  }

  /** Waits for a request that is open to the peer. @throws NodeError ABORTED when the signal fires first. */
  async next(peer: PeerId, signal: AbortSignal): Promise<BlockRequest> {
    for (;;) {
      const index = this.requests.findIndex((request) => isOpenTo(peer, request));
      const request = index < 0 ? undefined : this.requests[index];
      if (request !== undefined && !signal.aborted) {
        this.requests.splice(index, 1);
        return request;
      }
      await this.change(signal);
    }
  }

  /** Takes out all that nobody of these may be asked for any more. */
  dropClosedTo(peers: Iterable<PeerId>): readonly BlockRequest[] {
    const all = [...peers];
    const dropped = this.requests.filter((request) => !all.some((peer) => isOpenTo(peer, request)));
    for (const request of dropped) this.requests.splice(this.requests.indexOf(request), 1);
    return dropped;
  }

  private change(signal: AbortSignal): Promise<void> {
    return abortable<void>(signal, ({ resolve }) => {
      const wake = (): void => resolve();
      this.waiting.add(wake);
      return () => this.waiting.delete(wake);
    });
  }

  private wakeAll(): void {
    const woken = [...this.waiting];
    this.waiting.clear();
    for (const wake of woken) wake();
  }
}
