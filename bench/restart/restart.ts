import { benchOptions } from '../measure/options.js';
import { benchTargets } from '../measure/targets.js';
import { type Asked, type Moment, RestartRig } from './restartRig.js';

interface Role {
  readonly name: string;
  /** What is measured up to. */
  readonly until: string;
  readonly flags: (rig: RestartRig) => readonly string[];
  readonly moment: Moment;
  /** What op-node has no flag for is asked of this node alone. */
  readonly isOurs: boolean;
}

const OPTIONS = {
  hours: { default: [1, 24, 168], about: 'how long the node was down, one run each', min: 1 },
} as const;

const headOf = (params: readonly unknown[]): string =>
  (params[0] as { readonly headBlockHash: string }).headBlockHash;
const isForkchoice = (method: string) => method.startsWith('engine_forkchoiceUpdated');
const follows = (rig: RestartRig) => `--l2.follow.source=${rig.url('source')}`;

const ROLES: readonly Role[] = [
  {
    name: 'verifier',
    until: 'its forkchoice is found',
    flags: () => [],
    moment: (method) => isForkchoice(method),
    isOurs: false,
  },
  {
    name: 'sequencer that follows',
    until: 'it leads the engine to the followed head',
    flags: (rig) => ['--sequencer.enabled', '--sequencer.l1-confs=4', follows(rig)],
    moment: (method, params, rig) => isForkchoice(method) && headOf(params) === rig.target,
    isOurs: false,
  },
  {
    name: 'follower',
    until: 'it leads the engine to the followed head',
    flags: (rig) => [follows(rig)],
    moment: (method, params, rig) => isForkchoice(method) && headOf(params) === rig.target,
    isOurs: false,
  },
  {
    name: 'follower that fetches blocks',
    until: 'it gives the first of them to the engine',
    flags: (rig) => [follows(rig), `--l2.follow.blocks=${rig.url('blocks')}`],
    moment: (method) => method.startsWith('engine_newPayload'),
    isOurs: true,
  },
];

/**
 * What a start asks for when the node was down for an hour, a day or a week, beside an execution client that was down as
 * long and has pruned all but its newest blocks. `OP_NODE_BIN` names an op-node to stand beside.
 */
export async function runRestartBench(argv: readonly string[]): Promise<void> {
  const { hours } = benchOptions('restart', OPTIONS, argv);
  for (const down of hours) {
    const rig = await RestartRig.open(down * 3_600);
    try {
      for (const role of ROLES) {
        const flags = ['--l2.enginekind=geth', '--l1.trustrpc', ...role.flags(rig)];
        for (const { name, command } of benchTargets()) {
          if (role.isOurs && name !== 'slipstream') continue;
          print(down, role, name, await rig.until(command, flags, role.moment));
        }
      }
    } finally {
      await rig.close();
    }
  }
}

function print(hours: number, { name, until }: Role, node: string, asked: Asked): void {
  const { ms, l1, l2, source, blocks, blockRequests } = asked;
  const fetched = blocks > 0 ? `, blocks ${blocks} in ${blockRequests} requests` : '';
  console.log(
    `down for ${hours} h, ${name}, ${node}: until ${until} ${(ms / 1000).toFixed(1)} s; ` +
      `calls to the engine ${l2}, to L1 ${l1}, to the source ${source}${fetched}`,
  );
}
