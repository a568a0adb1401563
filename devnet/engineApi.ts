import { createHmac } from 'node:crypto';
import { isActive, type PayloadEnvelope, payloadOf } from '../conformance/payload.js';
import type { World } from '../conformance/world.js';
import type { EngineNode } from './engineNode.js';
import { attributesOf } from './payloadAttributes.js';
import { rpc } from './rpcClient.js';

const OTHER_FEE_RECIPIENT = `0x${'0d'.repeat(20)}`;

/** Block hashes of the three labels. */
export interface Labels {
  readonly unsafe: string;
  readonly safe: string;
  readonly finalized: string;
}

export interface PayloadStatus {
  readonly status: string;
  readonly validationError?: string | null;
}

/**
 * Puts the world's blocks from..to into an op-geth as a consensus node would, and sets its labels at the end.
 * @throws Error when the engine does not find a block valid.
 */
export async function fillOpGeth(
  geth: EngineNode,
  world: World,
  range: { readonly from: number; readonly to: number },
  labels: Labels,
): Promise<void> {
  for (const block of world.l2.slice(range.from, range.to + 1)) {
    await newPayload(geth, world, payloadOf(block, world.rollup));
  }
  await setLabels(geth, labels);
}

/** Sets head, safe and finalized. @throws Error when the engine does not answer VALID. */
export async function setLabels(geth: EngineNode, labels: Labels): Promise<void> {
  const state = {
    headBlockHash: labels.unsafe,
    safeBlockHash: labels.safe,
    finalizedBlockHash: labels.finalized,
  };
  const answer = await engine<{ payloadStatus: PayloadStatus }>(
    geth,
    'engine_forkchoiceUpdatedV3',
    [state, null],
  );
  expectValid(answer.payloadStatus, 'forkchoice');
}

/** Imports one payload. @throws Error when the engine does not answer VALID. */
export async function newPayload(
  geth: EngineNode,
  world: World,
  { executionPayload, parentBeaconBlockRoot }: PayloadEnvelope,
): Promise<void> {
  const time = Number(executionPayload.timestamp);
  const { ecotone_time, isthmus_time } = world.rollup;
  const [version, more]: [number, readonly unknown[]] = isActive(isthmus_time, time)
    ? [4, [[], parentBeaconBlockRoot, []]]
    : isActive(ecotone_time, time)
      ? [3, [[], parentBeaconBlockRoot]]
      : [2, []];
  const params = [executionPayload, ...more];
  const status = await engine<PayloadStatus>(geth, `engine_newPayloadV${version}`, params);
  expectValid(status, `block ${Number(executionPayload.blockNumber)}`);
}

/**
 * Builds a valid block that is not the recorded one: the attributes of recorded block `number` on the given parent,
 * with another fee recipient. The parent must be in this op-geth. Not imported anywhere.
 */
export async function buildOtherBlock(
  geth: EngineNode,
  world: World,
  number: number,
  parentHash: string,
): Promise<PayloadEnvelope> {
  const block = world.l2[number];
  if (!block) throw new Error(`L2 block ${number} is not recorded`);
  const recorded = attributesOf(block, world.rollup);
  const zero = `0x${'0'.repeat(64)}`;
  const state = { headBlockHash: parentHash, safeBlockHash: zero, finalizedBlockHash: zero };
  const attributes = { ...recorded.attributes, suggestedFeeRecipient: OTHER_FEE_RECIPIENT };
  const started = await engine<{ payloadStatus: PayloadStatus; payloadId: string }>(
    geth,
    recorded.method,
    [state, attributes],
  );
  expectValid(started.payloadStatus, `parent of block ${number}`);
  const built = await engine<PayloadEnvelope>(geth, recorded.getPayload, [started.payloadId]);
  const { executionPayload, parentBeaconBlockRoot } = built;
  return parentBeaconBlockRoot === undefined
    ? { executionPayload }
    : { executionPayload, parentBeaconBlockRoot };
}

/** @throws Error naming what was not found valid. */
export function expectValid(status: PayloadStatus, what: string): void {
  if (status.status !== 'VALID') {
    throw new Error(`${what}: ${status.status} ${status.validationError ?? ''}`);
  }
}

/** A call of the Engine API. @throws as `rpc` */
export function engine<T>(
  geth: Pick<EngineNode, 'engineUrl' | 'jwtSecret'>,
  method: string,
  params: readonly unknown[],
): Promise<T> {
  return rpc<T>(geth.engineUrl, method, params, { authorization: `Bearer ${token(geth)}` });
}

/** A fresh HS256 token; the engine accepts it for a minute. */
function token(geth: Pick<EngineNode, 'jwtSecret'>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: Math.floor(Date.now() / 1000) })}`;
  const key = Buffer.from(geth.jwtSecret, 'hex');
  return `${head}.${createHmac('sha256', key).update(head).digest('base64url')}`;
}
