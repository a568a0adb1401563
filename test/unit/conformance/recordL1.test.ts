import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { L1Server } from '../../../conformance/l1Server.js';
import { liveL1Blocks, liveL1Facts } from '../../../conformance/record/liveL1Blocks.js';
import { recordedWorld } from '../../../devnet/followRig.js';
import { SIGNER_SLOT } from '../../../src/p2p/signer/chainSigner.js';

const world = recordedWorld('forks');
const address = String(world.rollup.l1_system_config_address);

describe('recording an L1', () => {
  let l1: L1Server;
  beforeEach(async () => {
    l1 = await L1Server.start({ world });
  });
  afterEach(() => l1.close());

  it('writes down what was recorded before, when that is served again', async () => {
    const source = { l1: l1.url, beacon: l1.url, signer: { address, slot: SIGNER_SLOT } };
    expect(await liveL1Blocks(source)).toEqual(world.l1);
    expect((await liveL1Facts(source)).l1).toEqual(world.facts.l1);
  });
});
