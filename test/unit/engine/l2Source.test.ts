import { createMerkleProof, createMPT } from '@ethereumjs/mpt';
import { bytesToHex, hexToBytes, toRlp } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DeriveL2Source } from '../../../src/derive/ports.js';
import type { L2SourceOptions } from '../../../src/engine/l2Source.js';
import { L2Source, MESSAGE_PASSER_ADDRESS } from '../../../src/engine/l2Source.js';
import type { EngineL2Source } from '../../../src/engine/ports.js';
import type { ErrorCode } from '../../../src/errors/codes.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { FollowL2Port } from '../../../src/follow/ports.js';
import type { RpcL2Port } from '../../../src/rpc/ports.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { BlockId } from '../../../src/types/block.js';
import type { RpcHandler } from '../../support/fakeRpcClient.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { recordedConfig } from '../../support/recordedConfig.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldL1, readWorldLines } from '../../support/recordedWorld.js';

type Hash = `0x${string}`;
type Block = Json & {
  readonly hash: Hash;
  readonly number: Hash;
  readonly transactions: readonly Json[];
};

const config = recordedConfig('forks');
const blocks = readWorldLines('forks', 'l2-unsafe.jsonl.gz') as unknown as readonly Block[];
const last = blocks.at(-1) as Block;
const older = blocks.find((block) => block.requestsHash === undefined) as Block;
const signal = new AbortController().signal;
const HASH: Hash = `0x${'5e'.repeat(32)}`;
const OPTIONS: L2SourceOptions = {
  config,
  isTrusted: true,
  fetchWithdrawalRootFromState: false,
  refCacheSize: 10,
  payloadCacheSize: 10,
};

let rpc: FakeRpcClient;
/** What every user of our execution layer's blocks asks for. */
type EveryPort = EngineL2Source & FollowL2Port & RpcL2Port & DeriveL2Source;
const sourceWith = (options: Partial<L2SourceOptions> = {}): EveryPort & L2Source =>
  new L2Source({ ...OPTIONS, ...options }, { rpc });
const answer = (block: Json): void => {
  rpc.handlers.eth_getBlockByNumber = () => block;
  rpc.handlers.eth_getBlockByHash = () => block;
};

beforeEach(() => {
  const byNumber = new Map<unknown, Block>(blocks.map((block) => [block.number, block]));
  const byHash = new Map<unknown, Block>(blocks.map((block) => [block.hash, block]));
  rpc = new FakeRpcClient({
    eth_getBlockByNumber: ([tag]) => (tag === 'latest' ? last : (byNumber.get(tag) ?? null)),
    eth_getBlockByHash: ([hash]) => byHash.get(hash) ?? null,
  });
});

describe('block refs', () => {
  it('reads the same ref by label, number and hash, also unless trusted', async () => {
    for (const isTrusted of [true, false]) {
      const source = sourceWith({ isTrusted });
      const byLabel = await source.l2BlockRefByLabel('latest', signal);
      expect(byLabel).toMatchObject({ hash: last.hash, number: BigInt(last.number) });
      expect(await source.l2BlockRefByNumber(BigInt(last.number), signal)).toEqual(byLabel);
      expect(await source.l2BlockRefByHash(last.hash, signal)).toEqual(byLabel);
    }
  });

  it('reads the genesis block, also unless trusted', async () => {
    for (const isTrusted of [true, false]) {
      const ref = await sourceWith({ isTrusted }).l2BlockRefByNumber(0n, signal);
      expect(ref).toMatchObject({ ...config.genesis.l2, l1Origin: config.genesis.l1 });
    }
  });

  it('keeps refs by hash only', async () => {
    const source = sourceWith();
    const ref = await source.l2BlockRefByNumber(5n, signal);
    await source.l2BlockRefByHash(ref?.hash ?? '0x', signal);
    await source.l2BlockRefByNumber(5n, signal);
    expect(rpc.count('eth_getBlockByHash')).toBe(0);
    expect(rpc.count('eth_getBlockByNumber')).toBe(2);
  });

  it('forgets the least recently used ref beyond its bound', async () => {
    const source = sourceWith({ refCacheSize: 2 });
    const hashes = blocks.slice(1, 4).map((block) => block.hash);
    for (const hash of hashes) await source.l2BlockRefByHash(hash, signal);
    await source.l2BlockRefByHash(hashes[2] as Hash, signal);
    expect(rpc.calls).toHaveLength(3);
    await source.l2BlockRefByHash(hashes[0] as Hash, signal);
    expect(rpc.calls).toHaveLength(4);
  });

  it('gives null for a block that is not there', async () => {
    const source = sourceWith();
    expect(await source.l2BlockRefByNumber(100_000n, signal)).toBeNull();
    expect(await source.l2BlockRefByHash(`0x${'99'.repeat(32)}`, signal)).toBeNull();
  });

  it.each([
    'safe block not found',
    'finalized block not found',
    'Unknown block',
    'header not found',
  ])('gives null where the client says "%s"', async (message) => {
    rpc.handlers.eth_getBlockByNumber = () => {
      throw new RpcError('eth_getBlockByNumber', -32000, message, undefined);
    };
    expect(await sourceWith().l2BlockRefByLabel('safe', signal)).toBeNull();
  });

  it('passes other errors on', async () => {
    rpc.handlers.eth_getBlockByNumber = () => {
      throw new RpcError('eth_getBlockByNumber', -32000, 'header for hash is broken', undefined);
    };
    await expect(sourceWith().l2BlockRefByLabel('safe', signal)).rejects.toThrow('is broken');
  });

  it('refuses another block than the one asked for', async () => {
    answer(last);
    const code = { code: 'ENGINE_L2_BLOCK_MISMATCH', severity: 'temporary' };
    await expect(sourceWith().l2BlockRefByNumber(3n, signal)).rejects.toMatchObject(code);
    await expect(sourceWith().l2BlockRefByHash(older.hash, signal)).rejects.toMatchObject(code);
    await expect(sourceWith().payloadByNumber(3n, signal)).rejects.toMatchObject(code);
    await expect(sourceWith().outputFactsAt(older.hash, signal)).rejects.toMatchObject(code);
  });

  it('believes a changed block only of its own execution layer', async () => {
    answer({ ...last, gasUsed: '0x1' });
    const number = BigInt(last.number);
    expect(await sourceWith().l2BlockRefByNumber(number, signal)).toMatchObject({ number });
    await expect(
      sourceWith({ isTrusted: false }).l2BlockRefByNumber(number, signal),
    ).rejects.toMatchObject({ code: 'ROLLUP_BLOCK_HASH_MISMATCH' });
  });

  it('refuses changed transactions unless trusted', async () => {
    answer({ ...last, transactions: [...last.transactions, ...last.transactions] });
    const strict = sourceWith({ isTrusted: false });
    await expect(strict.l2BlockRefByNumber(BigInt(last.number), signal)).rejects.toThrow(
      'failed to verify transactions list',
    );
    await expect(strict.payloadByNumber(BigInt(last.number), signal)).rejects.toThrow(
      'failed to verify block hash',
    );
  });

  it('reads the hash at a height of a foreign chain without decoding its origin', async () => {
    answer({ ...last, number: '0x0' });
    const source = sourceWith();
    expect(await source.blockHashByNumber(0n, signal)).toBe(last.hash);
    await expect(source.l2BlockRefByNumber(0n, signal)).rejects.toMatchObject({
      code: 'ROLLUP_GENESIS_MISMATCH',
    });
  });
});

describe('block refs at several heights', () => {
  const idOf = ({ hash, number }: Block): BlockId => ({ hash, number: BigInt(number) });
  const [low, middle] = [blocks[3] as Block, blocks[7] as Block];
  const fullness = (): unknown[] => rpc.calls.map(({ params }) => params[1]);

  it('come by one request, known ones by their headers', async () => {
    for (const isTrusted of [true, false]) {
      rpc.calls.length = 0;
      const source = sourceWith({ isTrusted });
      const known = await source.l2BlockRefByHash(middle.hash, signal);
      const read = await source.l2BlockRefsAt([low, middle, last].map(idOf), signal);
      expect(rpc.batches).toEqual(isTrusted ? [3] : [3, 3]);
      expect(fullness().slice(1)).toEqual([true, false, true]);
      expect(read.get(BigInt(middle.number))).toEqual(known);
      for (const { number } of [low, middle, last]) {
        const alone = await sourceWith().l2BlockRefByNumber(BigInt(number), signal);
        expect(read.get(BigInt(number))).toEqual(alone);
      }
    }
  });

  it('are those that are there, whatever was expected', async () => {
    const source = sourceWith();
    await source.l2BlockRefByHash(middle.hash, signal);
    const ids = [
      { ...idOf(low), hash: HASH },
      { ...idOf(last), hash: middle.hash },
      { hash: HASH, number: 100_000n },
    ];
    const read = await source.l2BlockRefsAt(ids, signal);
    expect(read.get(BigInt(low.number))).toMatchObject({ hash: low.hash });
    expect(read.has(BigInt(last.number))).toBe(false);
    expect(read.get(100_000n)).toBeNull();
  });

  it('leave out what is answered with an error, or with another block', async () => {
    const byNumber = rpc.handlers.eth_getBlockByNumber as RpcHandler;
    const error = new RpcError('eth_getBlockByNumber', -32000, 'header is broken', undefined);
    rpc.handlers.eth_getBlockByNumber = (params) => {
      if (params[0] === low.number) throw error;
      return params[0] === middle.number ? last : byNumber(params);
    };
    const read = await sourceWith().l2BlockRefsAt([low, middle, last].map(idOf), signal);
    expect([...read.keys()]).toEqual([BigInt(last.number)]);
  });

  it('leave out all where the client takes no batches, and fail where it is not reached', async () => {
    const failWith = (code: ErrorCode): void => {
      rpc.batch = async () => {
        throw new NodeError(code, 'no', { severity: 'temporary' });
      };
    };
    for (const code of [
      'TRANSPORT_HTTP_STATUS',
      'TRANSPORT_MALFORMED',
      'TRANSPORT_TOO_LARGE',
    ] as const) {
      failWith(code);
      expect([...(await sourceWith().l2BlockRefsAt([idOf(low)], signal))]).toEqual([]);
    }
    for (const code of ['TRANSPORT_FAILED', 'TRANSPORT_TIMEOUT', 'ABORTED'] as const) {
      failWith(code);
      await expect(sourceWith().l2BlockRefsAt([idOf(low)], signal)).rejects.toMatchObject({ code });
    }
  });

  it('ask nothing for no heights', async () => {
    expect([...(await sourceWith().l2BlockRefsAt([], signal))]).toEqual([]);
    expect(rpc.batches).toEqual([]);
  });
});

describe('payloads', () => {
  it('turns a block into the payload that hashes to it', async () => {
    const payload = await sourceWith({ isTrusted: false }).payloadByNumber(
      BigInt(last.number),
      signal,
    );
    expect(payload?.blockHash).toBe(last.hash);
    expect(payload?.transactions).toHaveLength(last.transactions.length);
  });

  it('keeps payloads by hash', async () => {
    const source = sourceWith();
    await source.envelopeByNumber(BigInt(last.number), signal);
    const envelope = await source.envelopeByHash(last.hash, signal);
    expect(envelope?.parentBeaconBlockRoot).toBe(last.parentBeaconBlockRoot);
    expect(await source.payloadByHash(last.hash, signal)).toBe(envelope?.executionPayload);
    expect(rpc.calls).toHaveLength(1);
  });

  it('need not ask for a payload that it was told', async () => {
    const envelope = await sourceWith().envelopeByHash(last.hash, signal);
    if (envelope === null) throw new Error('no block');
    const asked = rpc.calls.length;
    const source = sourceWith();
    source.remember(envelope);
    expect(await source.envelopeByHash(last.hash, signal)).toBe(envelope);
    expect(rpc.calls).toHaveLength(asked);
  });

  it('keeps what the execution client has taken, however many others are read', async () => {
    const envelope = await sourceWith().envelopeByHash(last.hash, signal);
    if (envelope === null) throw new Error('no block');
    const source = sourceWith({ payloadCacheSize: 1 });
    source.remember(envelope);
    await source.payloadByHash(older.hash, signal);
    expect(await source.envelopeByHash(last.hash, signal)).toBe(envelope);
  });

  it('refuses a block from before the merge, as ref and as payload', async () => {
    answer({ ...last, difficulty: '0x1' });
    const source = sourceWith();
    await expect(source.l2BlockRefByHash(last.hash, signal)).rejects.toThrow('difficulty');
    await expect(source.payloadByHash(last.hash, signal)).rejects.toThrow('difficulty');
  });
});

describe('systemConfigByL2Hash', () => {
  it('reads the batcher and the gas limit of a block once', async () => {
    const source = sourceWith({ payloadCacheSize: 1 });
    const expected = {
      batcherAddr: config.genesis.systemConfig.batcherAddr,
      gasLimit: BigInt(last.gasLimit as string),
    };
    expect(await source.systemConfigByL2Hash(last.hash, signal)).toMatchObject(expected);
    await source.payloadByHash(older.hash, signal);
    expect(await source.systemConfigByL2Hash(last.hash, signal)).toMatchObject(expected);
    expect(rpc.calls).toHaveLength(2);
  });

  it('gives null for an unknown block', async () => {
    expect(await sourceWith().systemConfigByL2Hash(HASH, signal)).toBeNull();
  });
});

describe('outputFactsAt', () => {
  it('takes the withdrawals root of an Isthmus header', async () => {
    expect(await sourceWith().outputFactsAt(last.hash, signal)).toEqual({
      stateRoot: last.stateRoot,
      messagePasserStorageRoot: last.withdrawalsRoot,
    });
    expect(rpc.count('eth_getProof')).toBe(0);
  });

  it('refuses an Isthmus header without a withdrawals root', async () => {
    const { withdrawalsRoot: _, ...bare } = last;
    answer(bare as Block);
    await expect(sourceWith().outputFactsAt(last.hash, signal)).rejects.toThrow(
      'block has no withdrawals root',
    );
  });

  it.each([
    ['before Isthmus', older, false],
    ['where the option asks for it', last, true],
  ])(
    'proves the storage root from the state %s',
    async (_, block, fetchWithdrawalRootFromState) => {
      // A recorded account proof of another contract and state: whatever is asked must be proven under the block's root.
      const recorded = readWorldL1('forks')[0];
      rpc.handlers.eth_getProof = () => recorded?.proof;
      const source = sourceWith({ fetchWithdrawalRootFromState });
      await expect(source.outputFactsAt(block.hash, signal)).rejects.toMatchObject({
        code: 'ROLLUP_PROOF_INVALID',
      });
      expect(rpc.calls.at(-1)).toEqual({
        method: 'eth_getProof',
        params: [MESSAGE_PASSER_ADDRESS, [], block.hash],
      });
    },
  );

  it('gives the proven storage root', async () => {
    const account = { nonce: '0x1', balance: '0x0', storageHash: HASH, codeHash: older.hash };
    const trie = await createMPT({ useKeyHashing: true });
    await trie.put(
      hexToBytes(MESSAGE_PASSER_ADDRESS),
      toRlp(['0x01', '0x', HASH, older.hash], 'bytes'),
    );
    const nodes = await createMerkleProof(trie, hexToBytes(MESSAGE_PASSER_ADDRESS));
    answer({ ...older, stateRoot: bytesToHex(trie.root()) });
    rpc.handlers.eth_getProof = () => ({
      ...account,
      accountProof: nodes.map((node) => bytesToHex(node)),
    });
    expect(await sourceWith().outputFactsAt(older.hash, signal)).toEqual({
      stateRoot: bytesToHex(trie.root()),
      messagePasserStorageRoot: HASH,
    });
  });

  it('gives null for an unknown block', async () => {
    expect(await sourceWith().outputFactsAt(`0x${'99'.repeat(32)}`, signal)).toBeNull();
  });
});

describe('chainId and peerCount', () => {
  it('reads both', async () => {
    rpc.handlers.eth_chainId = () => '0x385';
    rpc.handlers.net_peerCount = () => '0x1c';
    expect(await sourceWith().chainId(signal)).toBe(901n);
    expect(await sourceWith().peerCount(signal)).toBe(28);
  });

  it('does not know the peers of a client without the net namespace', async () => {
    expect(await sourceWith().peerCount(signal)).toBeNull();
  });
});
