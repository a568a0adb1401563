import { describe, expect, it } from 'vitest';
import { daServerCheck } from '../../../src/doctor/checks/daServer.js';
import { abortedError } from '../../../src/runtime/abort.js';
import { HttpStatusError, transportFailed } from '../../../src/transport/transportErrors.js';
import { ROLLUP } from '../../support/configFiles.js';
import type { DoctorWorld } from '../../support/doctorContext.js';
import { doctorContext } from '../../support/doctorContext.js';

const SERVER = '--altda.da-server=http://da:3100';
const altDa = {
  da_challenge_contract_address: `0x${'77'.repeat(20)}`,
  da_commitment_type: 'KeccakCommitment',
  da_challenge_window: 10,
  da_resolve_window: 10,
};

async function check(world: DoctorWorld, isAltDa = true): Promise<string[]> {
  const configFiles = isAltDa ? { 'rollup.json': { ...ROLLUP, alt_da: altDa } } : {};
  const findings = await daServerCheck.run(doctorContext({ configFiles, ...world }));
  return findings.map((finding) => finding.text);
}

const fails = (error: Error) => async () => {
  throw error;
};

describe('the check of the DA server', () => {
  it('is content with any answer', async () => {
    const flags = [SERVER];
    expect(await check({ flags })).toEqual(['DA server at http://da:3100 answers']);
    const daInput = fails(new HttpStatusError('http://da:3100', 400, ''));
    expect(await check({ flags, daInput })).toEqual([
      'DA server at http://da:3100 answers (HTTP 400 to what nobody has)',
    ]);
  });

  it('finds one that is missing, or does not answer', async () => {
    expect(await check({})).toEqual(['There is no DA server (--altda.da-server is empty)']);
    const daInput = fails(transportFailed('http://da:3100', new Error('gone')));
    expect(await check({ flags: [SERVER], daInput })).toEqual([
      'The DA server at http://da:3100 cannot be used: gone',
    ]);
  });

  it('asks nothing for other chains, nor where nothing is derived', async () => {
    const daInput = fails(new Error('asked'));
    expect(await check({ flags: [SERVER], daInput }, false)).toEqual([]);
    const flags = [SERVER, '--l2.follow.source=http://f'];
    expect(await check({ flags, daInput })).toEqual([]);
  });

  it('passes on that it has no more time', async () => {
    const daInput = fails(abortedError());
    await expect(check({ flags: [SERVER], daInput })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
