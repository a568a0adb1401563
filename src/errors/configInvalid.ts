import { NodeError } from './nodeError.js';

/** A critical CONFIG_INVALID. @param problems one line each. */
export function configInvalid(problems: readonly string[]): NodeError {
  return new NodeError('CONFIG_INVALID', problems.join('\n'), {
    severity: 'critical',
    fields: { problems },
  });
}
