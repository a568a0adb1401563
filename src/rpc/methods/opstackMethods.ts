import type { Hex } from 'viem';
import type { BlockId } from '../../types/block.js';
import type { ExternalBlockFault, ExternalResult } from '../../types/externalBlock.js';
import type { ExecutionPayloadEnvelope, PayloadInfo } from '../../types/payload.js';
import { encodePayloadEnvelope } from '../../types/payloadCodec.js';
import { failed, invalidParams, RpcFault } from '../errors.js';
import { GO_PLAIN_UINT64, goStruct } from '../json/goDecode.js';
import { fixedBytes, GO_HASH } from '../json/goHex.js';
import type { RpcOpstackPort } from '../ports.js';
import { type MethodRow, methodRow, NOTHING } from './methodRow.js';
import { GO_ATTRIBUTES, GO_SIGNED_ENVELOPE, toAttributes, toEnvelope } from './payloadArg.js';

/** JSON-RPC codes of the faults; op-node `op-service/apis` BuildErrCode*. */
const FAULT_CODES: Readonly<Record<Exclude<ExternalBlockFault, 'failed'>, number>> = {
  temporary: -40100,
  prestate: -40101,
  invalidInput: -40110,
  unknownPayload: -40120,
  other: -40199,
};

const BLOCK_ID = goStruct<BlockId>('eth.BlockID', { hash: GO_HASH, number: GO_PLAIN_UINT64 });

const PAYLOAD_INFO = goStruct<PayloadInfo>('eth.PayloadInfo', {
  id: fixedBytes('engine.PayloadID', 8),
  timestamp: GO_PLAIN_UINT64,
});

/** `opstack_*`: building blocks from outside, step by step. op-node `node/api.go` opstackAPI. */
export function opstackMethods(port: RpcOpstackPort): readonly MethodRow[] {
  return [
    methodRow<[BlockId, Parameters<typeof toAttributes>[0]], PayloadInfo>({
      name: 'opstack_openBlockV1',
      params: [BLOCK_ID, GO_ATTRIBUTES],
      result: ({ id, timestamp }) => `{"id":"${id}","timestamp":${timestamp}}`,
      call: async ([parent, decoded], signal) => {
        const attributes = toAttributes(decoded);
        if (attributes === null) throw invalidParams('invalid argument 1: missing gas limit');
        return doneOrFault(await port.openBlock(parent, attributes, signal));
      },
    }),
    methodRow<[PayloadInfo], null>({
      name: 'opstack_cancelBlockV1',
      params: [PAYLOAD_INFO],
      result: NOTHING,
      call: async ([info], signal) => doneOrFault(await port.cancelBlock(info, signal)),
    }),
    methodRow<[PayloadInfo], ExecutionPayloadEnvelope>({
      name: 'opstack_sealBlockV1',
      params: [PAYLOAD_INFO],
      result: (envelope) => JSON.stringify(encodePayloadEnvelope(envelope)),
      call: async ([info], signal) => doneOrFault(await port.sealBlock(info, signal)),
    }),
    methodRow<[SignedArgument], null>({
      name: 'opstack_commitBlockV1',
      params: [GO_SIGNED_ENVELOPE],
      result: NOTHING,
      call: async ([signed], signal) =>
        doneOrFault(await port.commitBlock(envelopeOf(signed), signal)),
    }),
    methodRow<[SignedArgument], void>({
      name: 'opstack_publishBlockV1',
      params: [GO_SIGNED_ENVELOPE],
      result: NOTHING,
      call: ([signed], signal) => {
        const envelope = envelopeOf(signed);
        return port.publishBlock({ envelope, signature: signed?.signature ?? '0x' }, signal);
      },
    }),
  ];
}

type SignedArgument =
  | { readonly envelope: Parameters<typeof toEnvelope>[0]; readonly signature: Hex }
  | undefined;

/** Differs: where op-node's handler crashes (nothing in the envelope), this is an argument fault. */
function envelopeOf(signed: SignedArgument): ExecutionPayloadEnvelope {
  const envelope = toEnvelope(signed?.envelope);
  if (envelope === null) throw invalidParams('invalid argument 0: missing execution payload');
  return envelope;
}

function doneOrFault<T>(result: ExternalResult<T>): T {
  if (result.kind === 'done') return result.value;
  const { fault, message } = result;
  throw fault === 'failed' ? failed(message) : new RpcFault(FAULT_CODES[fault], message);
}
