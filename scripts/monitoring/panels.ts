/** One line of a panel, or one family of lines. `$instance` in it stands for the chosen nodes. */
export interface Query {
  readonly expr: string;
  /** With labels in double braces. */
  readonly legend: string;
}

export interface PanelRow {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  /** Told at the panel's corner: what is normal, what to do. */
  readonly about: string;
  /** Grafana's name of it. */
  readonly unit:
    | 'none'
    | 'short'
    | 's'
    | 'ms'
    | 'bytes'
    | 'Bps'
    | 'ops'
    | 'percentunit'
    | 'bool_yes_no';
  /** `stat` shows the newest value alone. */
  readonly type: 'stat' | 'timeseries';
  readonly queries: readonly Query[];
}

const NODE = 'instance=~"$instance"';

/** A metric of the chosen nodes. @param matchers further ones, like `type="l2_safe"` */
function of(name: string, matchers = ''): string {
  return `op_node_default_${name}{${[NODE, ...(matchers === '' ? [] : [matchers])].join(',')}}`;
}

function rate(name: string, matchers = ''): string {
  return `rate(${of(name, matchers)}[$__rate_interval])`;
}

/** @param by labels that are kept beside the instance */
function p95(name: string, by: readonly string[], matchers = ''): string {
  const kept = ['le', 'instance', ...by].join(', ');
  return `histogram_quantile(0.95, sum by (${kept}) (${rate(`${name}_bucket`, matchers)}))`;
}

function age(layer: 'l1' | 'l2', types: string): string {
  return `time() - ${of('refs_time', `layer="${layer}",type=~"${types}"`)}`;
}

const L2_HEADS = 'l2_unsafe|l2_safe|l2_finalized';
const L1_HEADS = 'l1_head|l1_safe|l1_finalized';
const BY_TYPE = '{{instance}} {{type}}';

function stat(title: string, unit: Panel['unit'], expr: string, about: string): Panel {
  const queries = [{ expr, legend: '{{instance}}' }];
  return { title, about, unit, type: 'stat', queries };
}

function plot(
  title: string,
  unit: Panel['unit'],
  queries: Readonly<Record<string, string>>,
  about: string,
): Panel {
  const lines = Object.entries(queries).map(([legend, expr]) => ({ expr, legend }));
  return { title, about, unit, type: 'timeseries', queries: lines };
}

/** The dashboard, from the top. */
export const ROWS: readonly PanelRow[] = [
  {
    title: 'At a glance',
    panels: [
      stat('Up', 'bool_yes_no', of('up'), 'Yes once a node has started.'),
      stat('Unsafe head age', 's', age('l2', 'l2_unsafe'), 'A few block times at most.'),
      stat('Safe head age', 's', age('l2', 'l2_safe'), 'As long as the batcher takes to post.'),
      stat('Peers', 'short', of('p2p_peer_count'), 'Zero with --p2p.disable.'),
      stat('Sequencing', 'bool_yes_no', of('sequencer_active'), 'Of one node a chain.'),
      stat(
        'Last status taken',
        's',
        of('follow_last_good_status_age_seconds'),
        'Followers only. Above a minute following stands.',
      ),
    ],
  },
  {
    title: 'Heads',
    panels: [
      plot(
        'L2 heads',
        'none',
        { [BY_TYPE]: of('refs_number', `layer="l2",type=~"${L2_HEADS}"`) },
        'Block numbers. Lines of nodes that agree lie on each other.',
      ),
      plot('Age of L2 heads', 's', { [BY_TYPE]: age('l2', L2_HEADS) }, 'Now minus block time.'),
      plot(
        'L1 as the nodes see it',
        'none',
        { [BY_TYPE]: of('refs_number', `layer="l1",type=~"${L1_HEADS}"`) },
        'Block numbers.',
      ),
      plot(
        'Safe behind unsafe, finalized behind safe',
        'short',
        {
          '{{instance}} safe': `${of('refs_number', 'type="l2_unsafe",layer="l2"')} - ignoring(type) ${of('refs_number', 'type="l2_safe",layer="l2"')}`,
          '{{instance}} finalized': `${of('refs_number', 'type="l2_safe",layer="l2"')} - ignoring(type) ${of('refs_number', 'type="l2_finalized",layer="l2"')}`,
        },
        'Blocks.',
      ),
    ],
  },
  {
    title: 'Following',
    panels: [
      plot(
        'Drift',
        's',
        { '{{instance}} {{head}}': of('follow_drift_seconds') },
        'Block time that the source is ahead. Near zero; rising means that statuses are not taken.',
      ),
      plot(
        'Drift in blocks',
        'short',
        { '{{instance}} {{head}}': of('follow_drift_blocks') },
        'Blocks that the source is ahead.',
      ),
      plot(
        'Polls by how they ended',
        'ops',
        { '{{instance}} {{result}}': rate('follow_source_requests_total') },
        'success and behind are well; what each result means is in docs/follow.md.',
      ),
      plot(
        'Statuses by source',
        'ops',
        { '{{instance}} source {{source}} {{result}}': rate('follow_source_results_total') },
        'Standby sources are read too.',
      ),
      plot(
        'Answer time of sources, 95 %',
        's',
        { '{{instance}} source {{source}}': p95('follow_source_latency_seconds', ['source']) },
        'Time to a status.',
      ),
      plot(
        'Health of sources',
        'short',
        {
          '{{instance}} source {{source}} stale': of('follow_source_stale'),
          '{{instance}} conflict lasts': of('follow_conflict_lasting'),
          '{{instance}} quorum met': of('follow_quorum_met'),
          '{{instance}} active source': of('follow_active_source'),
        },
        'Stale and lasting conflicts are 0 when well, the quorum is 1.',
      ),
      plot(
        'Moves that following made',
        'ops',
        {
          '{{instance}} blocks replaced': rate('follow_reorgs_total'),
          '{{instance}} changes of source': rate('follow_failovers_total'),
          '{{instance}} refused by our engine': rate('follow_engine_refusals_total'),
          '{{instance}} blocks fetched': rate('follow_blocks_inserted_total'),
        },
        'All but fetched blocks are rare.',
      ),
      plot(
        'Verification: L1 blocks left',
        'short',
        {
          '{{instance}}': `${of('refs_number', 'type="l1_head",layer="l1"')} - on(instance) ${of('follow_verify_l1_number')}`,
        },
        'With --l2.follow.verify: how far verification is behind the head of L1.',
      ),
      plot(
        'Verification: what L1 says',
        'short',
        {
          '{{instance}} refuted': of('follow_refuted_total'),
          '{{instance}} replacements taken': of('follow_verify_replaced_total'),
          '{{instance}} started over': of('follow_verify_restarts_total'),
        },
        'A refuted block is one that the source had and L1 does not say.',
      ),
    ],
  },
  {
    title: 'Derivation',
    panels: [
      plot(
        'L1 blocks left to derive from',
        'short',
        {
          '{{instance}}': `${of('refs_number', 'type="l1_head",layer="l1"')} - ignoring(type) ${of('refs_number', 'type="l1_derived",layer="l1"')}`,
        },
        'Falls while catching up, then stays near --verifier.l1-confs.',
      ),
      plot(
        'Batches derived',
        'ops',
        { '{{instance}} {{type}}': rate('derived_batches_total') },
        'None without a batcher.',
      ),
      plot(
        'Faults of derivation',
        'ops',
        {
          '{{instance}} errors': rate('derivation_errors_total'),
          '{{instance}} pipeline resets': rate('pipeline_resets_total'),
          '{{instance}} engine resets': rate('engine_resets_total'),
          '{{instance}} channels timed out': rate('channel_timeout_total'),
        },
        'Resets come with L1 reorgs; errors with endpoints that fail.',
      ),
      plot(
        'L1 read ahead',
        'short',
        { '{{instance}}': of('l1_prefetch_blocks') },
        'Blocks held ready: none where derivation is at the head.',
      ),
    ],
  },
  {
    title: 'Execution client and L1',
    panels: [
      plot(
        'Answer time by endpoint, 95 %',
        's',
        { '{{instance}} {{rpc}}': p95('rpc_client_request_duration_seconds', ['rpc']) },
        'engine-api is the execution client.',
      ),
      plot(
        'Answer time of the execution client by method, 95 %',
        's',
        {
          '{{instance}} {{method}}': p95(
            'rpc_client_request_duration_seconds',
            ['method'],
            'rpc="engine-api"',
          ),
        },
        'New payloads and forkchoice updates take the longest.',
      ),
      plot(
        'Calls without a result',
        'ops',
        {
          '{{instance}} {{rpc}}': `sum by (instance, rpc) (${rate('rpc_client_requests_total')}) - sum by (instance, rpc) (${rate('rpc_client_responses_total', 'error="<nil>"')})`,
        },
        'Errors, and calls that nobody answered.',
      ),
      plot(
        'Answer time of L1 by request, 95 %',
        's',
        { '{{instance}} {{request}}': p95('l1_request_seconds', ['request']) },
        'Receipts take the longest.',
      ),
      plot(
        'Tasks that wait for the engine',
        'short',
        { '{{instance}} {{lane}}': of('engine_lane_depth') },
        'A lane that stays full means an execution client that is too slow.',
      ),
      plot(
        'Tasks of the engine by how they ended',
        'ops',
        {
          '{{instance}} {{lane}} {{result}}': `sum by (instance, lane, result) (${rate('engine_task_runs_total')})`,
        },
        'Every change of heads is one.',
      ),
    ],
  },
  {
    title: 'Peers',
    panels: [
      plot('Peers', 'short', { '{{instance}}': of('p2p_peer_count') }, 'Connected now.'),
      plot(
        'Why there are none',
        'short',
        { '{{instance}} {{reason}}': of('p2p_no_peers') },
        '1 at the reason that holds.',
      ),
      plot(
        'Gossiped blocks',
        'ops',
        { '{{instance}} {{verdict}}': rate('p2p_gossip_blocks_total') },
        'Rejected ones are of peers that lie, or of another chain.',
      ),
      plot(
        'Bytes',
        'Bps',
        { '{{instance}} {{direction}}': rate('p2p_bandwidth_bytes_total') },
        'Of all peers together.',
      ),
    ],
  },
  {
    title: 'Sequencer',
    panels: [
      plot(
        'Active',
        'short',
        { '{{instance}}': of('sequencer_active') },
        'Of one node a chain at a time.',
      ),
      plot(
        'Building and sealing, 95 %',
        's',
        {
          '{{instance}} building, beyond the block time': p95(
            'sequencer_building_diff_seconds',
            [],
          ),
          '{{instance}} sealing': p95('sequencer_sealing_seconds', []),
        },
        'Building above zero delays blocks.',
      ),
      plot(
        'Transactions',
        'ops',
        { '{{instance}} {{type}}': rate('transactions_sequenced_total') },
        'Deposits come from L1; there is one in each block at least.',
      ),
      plot(
        'Faults',
        'ops',
        {
          '{{instance}} errors': rate('sequencing_errors_total'),
          '{{instance}} resets': rate('sequencer_resets_total'),
          '{{instance}} publishing': rate('publishing_errors_total'),
          '{{instance}} L1 origins that do not fit': rate('sequencer_inconsistent_l1_origin_total'),
        },
        'Rare; many mean an L1 or an execution client that fails.',
      ),
    ],
  },
  {
    title: 'Process',
    panels: [
      plot(
        'Memory',
        'bytes',
        { '{{instance}}': `process_resident_memory_bytes{${NODE}}` },
        'Resident.',
      ),
      plot(
        'Processor',
        'percentunit',
        { '{{instance}}': `rate(process_cpu_seconds_total{${NODE}}[$__rate_interval])` },
        'Of one core; peers have a thread of their own.',
      ),
      plot(
        'Event loop lag, 99 %',
        's',
        { '{{instance}}': `nodejs_eventloop_lag_p99_seconds{${NODE}}` },
        'Looked at each 100 ms, which is in it; a second means that the node is overloaded.',
      ),
    ],
  },
];
