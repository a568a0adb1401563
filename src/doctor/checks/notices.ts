import type { Check } from '../check.js';
import { fine, found } from '../finding.js';

/** What the node would warn about when it starts. The flags themselves are parsed before anything is checked. */
export const noticesCheck: Check = {
  name: 'config',
  run: async ({ config }) => {
    const { rollup, network, notices } = config;
    const chain = network === null ? '' : ` (${network})`;
    const role = config.follow !== null ? 'follows' : 'derives';
    const sequences = config.sequencer.isEnabled ? ' and sequences' : '';
    return [
      fine(
        `Flags are usable; chain ${rollup.l2ChainId}${chain} on L1 ${rollup.l1ChainId}, a node that ${role}${sequences}`,
      ),
      ...notices.map(({ message, fields }) => {
        const details = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`);
        return found('config-notice', `${message.replace(/\.$/, '')}${details.join('')}`);
      }),
    ];
  },
};
