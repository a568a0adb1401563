import { hasCode } from '../../errors/nodeError.js';
import { parsePrivateKey } from '../../p2p/privateKey.js';
import { addressOfSlot, SIGNER_SLOT } from '../../p2p/signer/chainSigner.js';
import { addressOfPrivateKey } from '../../p2p/signer/signature.js';
import { redactUrl } from '../../telemetry/redact.js';
import type { Address } from '../../types/block.js';
import type { P2pOptions, RemoteSignerOptions } from '../../types/p2pOptions.js';
import type { Check, DoctorContext, L1Access } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';

/** Who may sign blocks, as L1 says; and for a sequencer whether that is our key or our signer's, which answers. */
export const signerCheck: Check = {
  name: 'signer',
  run: async (context) => {
    const { p2p, sequencer } = context.config;
    if (p2p === null || context.l1 === null) return [];
    const [chain, own] = await Promise.all([
      chainSigner(context, context.l1),
      sequencer.isEnabled ? ownSigner(context, p2p) : { findings: [], address: null },
    ]);
    const wrong = wrongFindings(chain.address, own.address);
    return [...chain.findings, ...own.findings, ...wrong];
  },
};

interface Signer {
  readonly findings: readonly Finding[];
  /** Null where it is not known, or there is none. */
  readonly address: Address | null;
}

async function chainSigner({ config, signal }: DoctorContext, l1: L1Access): Promise<Signer> {
  const place = { address: config.rollup.l1SystemConfigAddress, slot: SIGNER_SLOT };
  try {
    const head = await l1.client.l1BlockRefByLabel('latest', signal);
    const value = head === null ? null : await l1.client.storageAt(place, head.hash, signal);
    if (value === null || value === 0n) {
      const text = `The SystemConfig ${place.address} on L1 names nobody to sign blocks`;
      return { findings: [found('signer-unknown', text)], address: null };
    }
    const address = addressOfSlot(value);
    return { findings: [fine(`Blocks of this chain are signed by ${address}`)], address };
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    // That L1 does not answer is told by its own check.
    if (hasCode(thrown, 'TRANSPORT_FAILED', 'TRANSPORT_TIMEOUT')) {
      return { findings: [], address: null };
    }
    const text = `Who signs blocks cannot be read from L1 at ${l1.name} (${reasonOf(thrown)})`;
    return { findings: [found('signer-unknown', text)], address: null };
  }
}

async function ownSigner(context: DoctorContext, p2p: P2pOptions): Promise<Signer> {
  const { sequencerKey, remoteSigner } = p2p;
  if (remoteSigner !== null) return askedSigner(context, remoteSigner);
  if (sequencerKey === null) {
    const text = 'The node sequences, and has no key to sign its blocks';
    return { findings: [found('signer-none', text)], address: null };
  }
  return { findings: [], address: addressOfPrivateKey(parsePrivateKey(sequencerKey)) };
}

async function askedSigner(
  { signerFor, signal }: DoctorContext,
  options: RemoteSignerOptions,
): Promise<Signer> {
  const name = redactUrl(options.endpoint);
  const { address } = options;
  try {
    const version = await signerFor(options).check(signal);
    return { findings: [fine(`Remote signer at ${name} answers (${version})`)], address };
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    const text = `The remote signer at ${name} cannot be used: ${reasonOf(thrown)}`;
    return { findings: [found('signer-unreachable', text)], address };
  }
}

function wrongFindings(wanted: Address | null, ours: Address | null): readonly Finding[] {
  if (wanted === null || ours === null || wanted === ours.toLowerCase()) return [];
  return [found('signer-wrong', `Our blocks are signed by ${ours}, the chain wants ${wanted}`)];
}
