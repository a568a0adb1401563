import { concatHex, type Hex, toRlp } from 'viem';
import type { TransactionJson } from './recorded.js';

type RlpItem = Hex | readonly RlpItem[];

interface AccessEntry {
  readonly address: Hex;
  readonly storageKeys: readonly Hex[];
}

/**
 * The encoded transaction as it stands in a payload, from its JSON form.
 * @throws Error for a type that no L2 block holds.
 */
export function rawTransaction(transaction: TransactionJson): Hex {
  const type = Number(transaction.type);
  const fields = fieldsOf(type, transaction);
  const encoded = toRlp(fields);
  return type === 0 ? encoded : concatHex([`0x${type.toString(16).padStart(2, '0')}`, encoded]);
}

function fieldsOf(type: number, tx: TransactionJson): readonly RlpItem[] {
  const n = (name: string) => quantity(tx[name]);
  const call: readonly RlpItem[] = [n('gas'), data(tx.to), n('value'), data(tx.input)];
  const signature = [quantity(tx.yParity ?? tx.v), n('r'), n('s')];
  const fees = [n('maxPriorityFeePerGas'), n('maxFeePerGas')];
  switch (type) {
    case 0x00:
      return [n('nonce'), n('gasPrice'), ...call, n('v'), n('r'), n('s')];
    case 0x01:
      return [n('chainId'), n('nonce'), n('gasPrice'), ...call, accessList(tx), ...signature];
    case 0x02:
      return [n('chainId'), n('nonce'), ...fees, ...call, accessList(tx), ...signature];
    case 0x7e:
      return depositFields(tx);
    default:
      throw new Error(`no L2 block holds a transaction of type ${type}`);
  }
}

function depositFields(tx: TransactionJson): readonly RlpItem[] {
  return [
    data(tx.sourceHash),
    data(tx.from),
    data(tx.to),
    quantity(tx.mint),
    quantity(tx.value),
    quantity(tx.gas),
    tx.isSystemTx === true ? '0x01' : '0x',
    data(tx.input),
  ];
}

function accessList(tx: TransactionJson): readonly RlpItem[] {
  const entries = (tx.accessList ?? []) as readonly AccessEntry[];
  return entries.map((entry) => [entry.address, entry.storageKeys]);
}

/** A number without leading zero bytes; zero and absent are empty. */
function quantity(value: unknown): Hex {
  const digits = BigInt(value === undefined || value === null ? 0 : String(value)).toString(16);
  if (digits === '0') return '0x';
  return `0x${digits.padStart(digits.length + (digits.length % 2), '0')}`;
}

function data(value: unknown): Hex {
  return value === undefined || value === null ? '0x' : (value as Hex);
}
