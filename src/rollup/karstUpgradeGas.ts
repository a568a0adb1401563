/**
 * Gas that Karst's activation block gets on top of its gas limit, so that the upgrade transactions fit: the sum of
 * their gas limits. Spec: protocol/karst, "Network upgrade transactions".
 */
export const KARST_UPGRADE_GAS = 55_370_657n;
