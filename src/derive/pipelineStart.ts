import { NodeError } from '../errors/nodeError.js';
import { channelTimeout } from '../rollup/chainLimits.js';
import { decodeL1Info, l1InfoFormatAt } from '../rollup/l1Info.js';
import { firstDepositData } from '../rollup/l2BlockRef.js';
import type { RollupConfig, SystemConfig } from '../rollup/rollupConfig.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { DeriveL1Source, DeriveL2Source } from './ports.js';

export interface PipelineStart {
  /** The L1 block to read from. */
  readonly origin: L1BlockRef;
  /** As of that L1 block. */
  readonly systemConfig: SystemConfig;
}

export interface PipelineStartDeps {
  readonly l1: Pick<DeriveL1Source, 'l1BlockRefByHash'>;
  readonly l2: Pick<
    DeriveL2Source,
    'l2BlockRefByNumber' | 'payloadByNumber' | 'systemConfigByL2Hash'
  >;
}

/** How far back the search for one safe head has come. */
interface Place {
  readonly safeHead: L2BlockRef;
  /** The last block of its epoch, but for the safe head. */
  block: L2BlockRef;
}

/**
 * Finds where to begin reading L1 so that no channel is missed which the blocks after the safe head may come from: at the
 * L1 origin of an ancestor that is a channel timeout older, or at genesis. Goes back epoch by epoch, and keeps its place
 * over failures.
 * Differs: op-node fetches every block on the way and its L1 origin, hundreds of requests to L1, with the same outcome;
 * here our own chain says all but the origin that is found.
 * op-node `rollup/derive/pipeline.go` initialReset.
 */
export class PipelineStartSearch {
  private place: Place | null = null;

  constructor(
    private readonly config: RollupConfig,
    private readonly deps: PipelineStartDeps,
  ) {}

  /** Begins again at the next safe head, the same one included. */
  reset(): void {
    this.place = null;
  }

  /** @throws NodeError temporary when L1 or L2 cannot tell, reset when an ancestor is not known or not ours. */
  async find(safeHead: L2BlockRef, signal: AbortSignal): Promise<PipelineStart> {
    if (this.place === null || !sameBlock(this.place.safeHead, safeHead)) {
      this.place = { safeHead, block: safeHead };
    }
    const { place } = this;
    while (!(await this.isFarEnough(place, signal))) {
      place.block = await this.lastOfEpochBefore(place.block, signal);
    }
    const origin = await this.originOf(place.block, signal);
    const systemConfig = await this.deps.l2.systemConfigByL2Hash(place.block.hash, signal);
    if (systemConfig === null) {
      throw unknownL2('temporary', 'L1 config of L2 block', place.block.number);
    }
    return { origin, systemConfig };
  }

  /** The timeout in force depends on the time of the origin, which is only asked for where it makes a difference. */
  private async isFarEnough({ safeHead, block }: Place, signal: AbortSignal): Promise<boolean> {
    const { genesis, channelTimeout: atFirst } = this.config;
    if (block.number <= genesis.l2.number || block.l1Origin.number <= genesis.l1.number)
      return true;
    const distance = safeHead.l1Origin.number - block.l1Origin.number;
    // An origin is never younger than its block: that of a block of before Granite is, too.
    const atBlock = channelTimeout(this.config, block.timestamp);
    if (distance >= atFirst && distance >= atBlock) return true;
    if (distance < atFirst && distance < atBlock) return false;
    return distance >= channelTimeout(this.config, await this.originTime(block, signal));
  }

  /** As the block itself says it, which our execution layer holds: L1 need not be asked. */
  private async originTime(block: L2BlockRef, signal: AbortSignal): Promise<bigint> {
    const payload = await this.deps.l2.payloadByNumber(block.number, signal);
    if (payload?.blockHash !== block.hash) throw unknownL2('reset', 'L2 block', block.number);
    const format = l1InfoFormatAt(this.config, payload.timestamp);
    return decodeL1Info(format, firstDepositData(payload)).time;
  }

  private async lastOfEpochBefore(block: L2BlockRef, signal: AbortSignal): Promise<L2BlockRef> {
    const { genesis } = this.config;
    const number = block.number - block.sequenceNumber - 1n;
    const found = await this.deps.l2.l2BlockRefByNumber(
      number < genesis.l2.number ? genesis.l2.number : number,
      signal,
    );
    if (found === null || found.l1Origin.number >= block.l1Origin.number) {
      throw unknownL2('reset', 'L2 ancestor block', number);
    }
    return found;
  }

  private async originOf(block: L2BlockRef, signal: AbortSignal): Promise<L1BlockRef> {
    const { hash, number } = block.l1Origin;
    const origin = await this.deps.l1.l1BlockRefByHash(hash, signal);
    if (origin !== null) return origin;
    throw new NodeError('DERIVE_L1_UNAVAILABLE', 'failed to fetch the new L1 progress', {
      severity: 'temporary',
      fields: { hash, number } satisfies { hash: Hash; number: bigint },
    });
  }
}

function unknownL2(severity: 'temporary' | 'reset', what: string, number: bigint): NodeError {
  return new NodeError('DERIVE_L2_UNAVAILABLE', `failed to fetch ${what}`, {
    severity,
    fields: { number },
  });
}
