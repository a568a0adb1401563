import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Hex } from 'viem';
import { fromRlp, toRlp } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';

/** What op-reth does with derived attributes that hold the transaction; op-geth refuses all of them but blobs (-32603). */
export type OpRethDoes =
  /** Builds a block without it. */
  | 'leaves it out'
  /** Gives a payload id and never a payload. */
  | 'loses the job';

export interface BadTransaction {
  readonly name: string;
  readonly raw: Hex;
  readonly opReth: OpRethDoes;
  /** What our own look at it finds; null where only the state tells. */
  readonly defect: string | null;
}

export interface TransactionMaker {
  /** The next nonce of the sender. */
  readonly nonce: number;
  readonly chainId: number;
  readonly blockGasLimit: bigint;
}

/** Of the well-known test mnemonic: has funds in the recorded worlds and on private chains. */
const MNEMONIC = 'test test test test test test test test test test test junk';
export const SENDER = mnemonicToAccount(MNEMONIC, { addressIndex: 7 });
const PAUPER = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const GWEI = 1_000_000_000n;
const ORDER = secp256k1.Point.Fn.ORDER;

/** A transfer of one wei that is good at its nonce. */
export function goodTransaction({ nonce, chainId }: TransactionMaker, ahead = 0): Promise<Hex> {
  return SENDER.signTransaction({ ...transfer(chainId), nonce: nonce + ahead });
}

function transfer(chainId: number) {
  return {
    type: 'eip1559',
    chainId,
    to: `0x${'11'.repeat(20)}`,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 10n * GWEI,
    maxPriorityFeePerGas: 1n,
  } as const;
}

/** One of each kind of transaction that attributes cannot be built with, for the sender's next nonce. */
export async function badTransactions(maker: TransactionMaker): Promise<readonly BadTransaction[]> {
  return [
    ...(await unaffordable(maker)),
    ...(await unsigned(maker)),
    ...(await undecodable(maker)),
  ];
}

/** They decode and are signed; op-reth skips what execution refuses, but fails where gas is over what a block has left. */
async function unaffordable(maker: TransactionMaker): Promise<readonly BadTransaction[]> {
  const { nonce, chainId, blockGasLimit } = maker;
  const base = { ...transfer(chainId), nonce };
  const signed = (more: object) => SENDER.signTransaction({ ...base, ...more });
  const skipped = (name: string, raw: Hex, defect: string | null = null): BadTransaction => ({
    ...{ name, raw, defect },
    opReth: 'leaves it out',
  });
  const gas = blockGasLimit + 1n;
  return [
    skipped('a nonce too high', await signed({ nonce: nonce + 9 })),
    skipped('a nonce that was used', await signed({ nonce: nonce - 1 })),
    skipped('no funds', await PAUPER.signTransaction({ ...base, nonce: 0 })),
    skipped('a value over the balance', await signed({ value: 10n ** 30n })),
    skipped('too little gas', await signed({ gas: 20_000n })),
    skipped('a fee below the base fee', await signed({ maxFeePerGas: 1n })),
    skipped('another chain id', await signed({ chainId: 777 }), 'is for chain 777'),
    skipped(
      'another chain id, legacy',
      await SENDER.signTransaction({
        ...{ type: 'legacy', chainId: 777, nonce, to: base.to, value: 1n, gas: 21_000n },
        gasPrice: 10n * GWEI,
      }),
      'is for chain 777',
    ),
    {
      name: 'gas over that of a block',
      raw: await signed({ gas }),
      opReth: 'loses the job',
      defect: `has gas ${gas}, over the block's ${blockGasLimit}`,
    },
  ];
}

/** They decode, and nobody signed them. */
async function unsigned(maker: TransactionMaker): Promise<readonly BadTransaction[]> {
  const good = await goodTransaction(maker);
  const defect = 'is signed by nobody';
  const lost = (name: string, change: (fields: Hex[]) => void): BadTransaction => ({
    ...{ name, raw: changed(good, change), defect },
    opReth: 'loses the job',
  });
  return [
    lost('r of zero', (fields) => put(fields, R, '0x')),
    lost('s of zero', (fields) => put(fields, S, '0x')),
    lost('r over the order', (fields) => put(fields, R, word(ORDER))),
    lost('s over the order', (fields) => put(fields, S, word(ORDER + 1n))),
    lost('s in the upper half', (fields) => {
      put(fields, S, word(ORDER - BigInt(fields[S] ?? 0)));
      put(fields, Y_PARITY, fields[Y_PARITY] === '0x' ? '0x01' : '0x');
    }),
  ];
}

async function undecodable(maker: TransactionMaker): Promise<readonly BadTransaction[]> {
  const good = await goodTransaction(maker);
  const legacy: Hex = `0x${good.slice(4)}`;
  const raws: readonly (readonly [string, Hex])[] = [
    ['text', `0x${Buffer.from('hello').toString('hex')}`],
    ['a type byte alone', '0x02'],
    ['an empty list', '0xc0'],
    ['an unknown type', `0x05${good.slice(4)}`],
    ['a post-execution transaction without content', '0x7dc0'],
    ['fields of another type', legacy],
    ['a byte behind it', `${good}00`],
    ['its last byte missing', good.slice(0, -2) as Hex],
    ['an integer with leading zeros', changed(good, (fields) => put(fields, VALUE, '0x0001'))],
    ['a target of 19 bytes', changed(good, (fields) => put(fields, TO, `0x${'11'.repeat(19)}`))],
    ['a parity of two', changed(good, (fields) => put(fields, Y_PARITY, '0x02'))],
    ['r of 33 bytes', changed(good, (fields) => put(fields, R, `0x01${word(1n).slice(2)}`))],
    [
      'a chain id of 33 bytes',
      changed(good, (fields) => put(fields, 0, `0x01${word(1n).slice(2)}`)),
    ],
    ['blobs', await blobTransaction(maker)],
  ];
  return raws.map(([name, raw]) => ({
    ...{ name, raw, defect: 'does not decode' },
    opReth: 'loses the job',
  }));
}

function blobTransaction({ nonce, chainId }: TransactionMaker): Promise<Hex> {
  return SENDER.signTransaction({
    ...{ ...transfer(chainId), type: 'eip4844', nonce, maxFeePerBlobGas: GWEI },
    ...{ blobVersionedHashes: [`0x01${'33'.repeat(31)}`], sidecars: false },
  });
}

/** Fields of a dynamic fee transaction by their place. */
const TO = 5;
const VALUE = 6;
const Y_PARITY = 9;
const R = 10;
const S = 11;

/** The dynamic fee transaction with other fields. */
function changed(raw: Hex, change: (fields: Hex[]) => void): Hex {
  const fields = fromRlp(`0x${raw.slice(4)}`, 'hex') as Hex[];
  change(fields);
  return `0x02${toRlp(fields).slice(2)}`;
}

function put(fields: Hex[], at: number, value: Hex): void {
  fields[at] = value;
}

function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
