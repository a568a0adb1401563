import { describe, expect, it } from 'vitest';
import { recordedRpc } from '../../../bench/rigs/recordedRpc.js';
import { ZERO_L2_REF } from '../../../src/types/block.js';
import {
  encodeBlockId,
  encodeL2BlockRef,
  encodeOutputBeforeStatus,
  encodeSafeHead,
  encodeSyncStatus,
} from '../../../src/types/codec.js';
import { recordedWorld } from '../../support/rpcServer.js';

const world = recordedWorld('forks');

describe('the JSON of op-node', () => {
  it('is the recorded sync status, key by key', () => {
    const { status } = recordedRpc(world, 'follower');
    expect(encodeSyncStatus(status.get())).toBe(JSON.stringify(world.followStatus));
  });

  it('is the recorded output up to its status', async () => {
    const [output] = world.outputs.slice(9, 10);
    const { ports } = recordedRpc(world, 'follower');
    const blockRef = await ports.l2.l2BlockRefByNumber(9n, AbortSignal.timeout(1000));
    expect(output).toBeDefined();
    expect(
      encodeOutputBeforeStatus({
        outputRoot: output?.outputRoot as `0x${string}`,
        blockRef: blockRef ?? ZERO_L2_REF,
        withdrawalStorageRoot: output?.withdrawalStorageRoot as `0x${string}`,
        stateRoot: output?.stateRoot as `0x${string}`,
      }),
    ).toBe(`${JSON.stringify(output).slice(0, -1)},"syncStatus":`);
  });

  it('writes numbers beyond 2^53 exactly', () => {
    const number = (1n << 64n) - 1n;
    expect(encodeBlockId({ hash: '0xab', number })).toBe(
      '{"hash":"0xab","number":18446744073709551615}',
    );
    expect(encodeL2BlockRef({ ...ZERO_L2_REF, sequenceNumber: number })).toContain(
      '"sequenceNumber":18446744073709551615}',
    );
  });

  it('nests both blocks of a safe head', () => {
    const id = { hash: '0x01', number: 1n } as const;
    expect(encodeSafeHead({ l1Block: id, safeHead: { hash: '0x02', number: 2n } })).toBe(
      '{"l1Block":{"hash":"0x01","number":1},"safeHead":{"hash":"0x02","number":2}}',
    );
  });
});
