import type { SyncStatusJson } from '../../conformance/recorded.js';
import { statusAtL1 } from '../../conformance/statusAtL1.js';
import type { World } from '../../conformance/world.js';
import { syncStatusOf } from './recordedRpc.js';
import { type RecordedServer, startRecordedServer } from './recordedServer.js';

/** A source that pushes its status: the node's own RPC server on a recorded chain, moved as `SourceServer` is. */
export class PushSource {
  private last: SyncStatusJson;

  private constructor(
    private readonly world: World,
    private readonly server: RecordedServer,
  ) {
    this.last = world.followStatus;
  }

  static async start(world: World): Promise<PushSource> {
    return new PushSource(world, await startRecordedServer(world));
  }

  get url(): string {
    return this.server.url;
  }

  get status(): SyncStatusJson {
    return this.last;
  }

  /** Says what op-node said at this L1 height. */
  moveTo(l1Height: number): void {
    this.last = statusAtL1(this.world, l1Height);
    this.server.status.set(syncStatusOf(this.last));
  }

  close(): Promise<void> {
    return this.server.close();
  }
}
