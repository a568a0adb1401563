/** A line of `derived.jsonl.gz`: a block as op-node sent it to its engine. */
export interface DerivedLine {
  readonly number: number;
  readonly hash: string;
  readonly parent: string;
  readonly canonical: boolean;
  /** Engine API methods that it used. */
  readonly method: string;
  readonly getPayload: string;
  /** Set where the engine turned the attributes down. */
  readonly refused?: boolean | string;
  readonly attributes: DerivedAttributes;
}

/** Payload attributes on the wire. */
export interface DerivedAttributes {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly withdrawals?: readonly unknown[];
  readonly parentBeaconBlockRoot?: string;
  readonly transactions: readonly string[];
  readonly noTxPool: boolean;
  readonly gasLimit: string;
  readonly eip1559Params?: string;
  readonly minBaseFee?: number;
}
