import { hasCode } from '../../errors/nodeError.js';
import { redactUrl } from '../../telemetry/redact.js';
import type { Check } from '../check.js';
import { fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';

/** The conductor of a sequencer: reached, and able to say who leads. */
export const conductorCheck: Check = {
  name: 'conductor',
  run: async ({ config, rpcFor, signal }) => {
    const { conductor, sequencer } = config;
    if (!conductor.isEnabled || !sequencer.isEnabled) return [];
    const { url } = conductor;
    const name = redactUrl(url);
    try {
      const leads = await rpcFor({ url }).request('conductor_leader', [], { signal });
      if (typeof leads === 'boolean') {
        return [
          fine(
            `Conductor at ${name} says that this sequencer ${leads ? 'leads' : 'does not lead'}`,
          ),
        ];
      }
      return [
        found('conductor-unreachable', `The conductor at ${name} does not say whether it leads`),
      ];
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return [
        found(
          'conductor-unreachable',
          `The conductor at ${name} cannot be used: ${reasonOf(thrown)}`,
        ),
      ];
    }
  },
};
