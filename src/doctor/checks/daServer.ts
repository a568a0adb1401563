import type { Hex } from 'viem';
import { hasCode } from '../../errors/nodeError.js';
import { HttpStatusError } from '../../transport/transportErrors.js';
import type { Check } from '../check.js';
import { derives } from '../check.js';
import { fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';

/** A keccak commitment whose input nobody has. */
const NOBODYS: Hex = `0x00${'0'.repeat(64)}`;

/** The DA server of a chain with alternative data availability: any answer by HTTP shows that it is there. */
export const daServerCheck: Check = {
  name: 'da-server',
  run: async ({ config, daServer, signal }) => {
    if (config.rollup.altDa === null || config.l1 === null || !derives(config)) return [];
    if (daServer === null) {
      return [found('da-server-missing', 'There is no DA server (--altda.da-server is empty)')];
    }
    const { name, client } = daServer;
    try {
      await client.input(NOBODYS, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      if (!(thrown instanceof HttpStatusError)) {
        const text = `The DA server at ${name} cannot be used: ${reasonOf(thrown)}`;
        return [found('da-server-unreachable', text)];
      }
      // How servers of generic commitments refuse one that is none of theirs is up to them.
      return [fine(`DA server at ${name} answers (HTTP ${thrown.status} to what nobody has)`)];
    }
    return [fine(`DA server at ${name} answers`)];
  },
};
