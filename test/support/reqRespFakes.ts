import type { PeerId, ReqRespRecorder, ResponseScorer } from '../../src/p2p/reqresp/ports.js';

/** Writes down what it is told. */
export class FakeReqRespRecorder implements ReqRespRecorder {
  /** `role number code`. */
  readonly requests: string[] = [];
  readonly durationsMs: number[] = [];
  quarantined = 0;

  request(role: string, number: bigint, resultCode: number, durationMs: number): void {
    this.requests.push(`${role} ${number} ${resultCode}`);
    this.durationsMs.push(durationMs);
  }

  quarantineSize(blocks: number): void {
    this.quarantined = blocks;
  }
}

/** Writes down what it is told, as `what peer`. */
export class FakeScorer implements ResponseScorer {
  readonly told: string[] = [];

  validResponse(peer: PeerId): void {
    this.told.push(`valid ${peer}`);
  }

  errorResponse(peer: PeerId): void {
    this.told.push(`error ${peer}`);
  }

  rejectedPayload(peer: PeerId): void {
    this.told.push(`rejected ${peer}`);
  }
}
