import type { FlagName } from './flags.js';

/**
 * Flags that are accepted although their function does not exist yet: who builds the function takes its flags out.
 */
export const FLAGS_WITHOUT_EFFECT = [
  'altda.da-server',
  'altda.da-service',
  'altda.get-timeout',
  'altda.max-concurrent-da-requests',
  'altda.put-timeout',
  'altda.verify-on-read',
] as const satisfies readonly FlagName[];

/** Those of the flags above that somebody set, in their order. */
export function flagsWithoutEffect(settings: {
  readonly isSet: (name: FlagName) => boolean;
}): readonly FlagName[] {
  return FLAGS_WITHOUT_EFFECT.filter((name) => settings.isSet(name));
}
