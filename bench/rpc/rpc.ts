import { World } from '../../conformance/world.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { SetupError } from '../../devnet/setupError.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { processCpuMs } from '../measure/processCpu.js';
import { fireHttp } from './httpLoad.js';
import { type RpcTarget, startRpcNodes } from './rpcNodes.js';
import { bodiesOf, type Question, rpcQuestions } from './rpcQuestions.js';
import {
  addWorst,
  type Measured,
  printHead,
  printRow,
  printSummary,
  type Row,
} from './rpcTable.js';

const OPTIONS = {
  methods: { default: '', about: 'names with commas, or parts of them; all' },
  kinds: {
    default: 'kept,new,batch',
    about: 'kept or new connections; on kept ones batches, or callers that take gzip',
  },
  connections: { default: [1, 32, 512], about: 'connections at a time', min: 1 },
  batch: { default: 20, about: 'calls in a batch', min: 2 },
  seconds: { default: 0.4, about: 'length of one round', min: 0.1 },
  rounds: { default: 1, about: 'rounds per target and load; the median counts', min: 1 },
  world: { default: 'conformance/worlds/forks', about: 'the recorded world' },
};

/** Of the length of a round, before it. */
const WARM_UP_SHARE = 0.4;

const WARM_UP_CONNECTIONS = 32;

const KINDS = ['kept', 'new', 'batch', 'gzip'];

interface Load {
  readonly question: Question;
  readonly kind: string;
  readonly connections: number;
}

type Options = ReturnType<typeof benchOptions<typeof OPTIONS>>;

/**
 * Requests a second, p99 latency and CPU a request of every method that reads, on kept and on new connections and in
 * batches: whole nodes at the head of the same recorded world, under load in turn. The load comes from this process.
 */
export async function runRpcBench(argv: readonly string[], figures: Figures): Promise<void> {
  const options = benchOptions('rpc', OPTIONS, argv);
  const world = new World(options.world);
  const loads = loadsOf(world, options);
  const group = await ProcessGroup.open();
  try {
    const targets = await startRpcNodes(group, world);
    const others = targets.slice(1).map(({ name }) => name);
    const rows: Row[] = [];
    await warmUp(loads, targets, options);
    printHead(others);
    for (const load of loads) {
      const row = await measure(load, targets, options);
      printRow(row);
      rows.push(row);
    }
    printSummary(others, rows);
    addWorst(rows, figures);
  } finally {
    await group.stop();
  }
}

function loadsOf(world: World, options: Options): readonly Load[] {
  const parts = options.methods.split(',');
  const questions = rpcQuestions(world).filter(({ method }) =>
    parts.some((part) => method.includes(part)),
  );
  const kinds = options.kinds.split(',');
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new SetupError(`--kinds has no ${unknown}`);
  return questions.flatMap((question) =>
    kinds.flatMap((kind) =>
      options.connections.map((connections) => ({ question, kind, connections })),
    ),
  );
}

/** Asks everything once, unmeasured: the first figures would be those of code that was never run, and of answers not kept. */
async function warmUp(
  loads: readonly Load[],
  targets: readonly RpcTarget[],
  options: Options,
): Promise<void> {
  for (const question of new Set(loads.map((load) => load.question))) {
    for (const target of targets) {
      await fire({ question, kind: 'kept', connections: WARM_UP_CONNECTIONS }, target, options);
    }
  }
}

async function measure(load: Load, targets: readonly RpcTarget[], options: Options): Promise<Row> {
  const rounds = targets.map((target) => ({ target, results: [] as Measured[] }));
  for (let round = 0; round < options.rounds; round++) {
    for (const { target, results } of rounds) results.push(await fire(load, target, options));
  }
  const { question, kind, connections } = load;
  const measured = rounds.map(({ results }) => medianOf(results));
  return { method: question.method, kind, connections, measured };
}

async function fire(
  { question, kind, connections }: Load,
  { name, url, pid }: RpcTarget,
  { seconds, batch }: Options,
): Promise<Measured> {
  const cpuMs: number[] = [];
  const result = await fireHttp(
    {
      ...{ url, connections, seconds, warmUpSeconds: WARM_UP_SHARE * seconds },
      bodies: bodiesOf(question, kind === 'batch' ? batch : 1),
      isReconnecting: kind === 'new',
      takesGzip: kind === 'gzip',
    },
    () => cpuMs.push(pid === null ? Number.NaN : processCpuMs(pid)),
  );
  const [before = 0, after = 0] = cpuMs;
  const cpuUs = pid === null ? null : ((after - before) * 1000) / result.answers;
  return { target: name, perSec: result.perSec, p99Ms: result.p99Ms, cpuUs };
}

function medianOf(results: readonly Measured[]): Measured {
  const median = (value: (result: Measured) => number): number =>
    percentile(results.map(value), 0.5);
  return {
    target: results[0]?.target ?? '',
    perSec: median(({ perSec }) => perSec),
    p99Ms: median(({ p99Ms }) => p99Ms),
    cpuUs: results[0]?.cpuUs === null ? null : median(({ cpuUs }) => cpuUs ?? Number.NaN),
  };
}
