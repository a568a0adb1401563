/**
 * What `admin_sdmStatus` tells of post-execution transactions in the blocks that we sequence; op-node `op-service/apis`
 * SdmStatus.
 */
export interface SdmStatus {
  /** The operator's wish. */
  readonly postExecOptIn: boolean;
  /** Whether the next block may have them. */
  readonly protocolActive: boolean;
  /** Both of the above. */
  readonly effective: boolean;
  /** Unix seconds from which blocks may have them; null: never. */
  readonly activationTime: bigint | null;
}
