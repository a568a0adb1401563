import type { FlagRow } from './flagRow.js';

/** Follow mode. op-node has the source and its timeout, everything else is an addition. */
export const FOLLOW_FLAGS = [
  {
    name: 'l2.follow.source',
    env: ['OP_NODE_L2_FOLLOW_SOURCE'],
    kind: 'list',
    default: [],
    category: 'rollup',
    usage:
      'Endpoints of the nodes to follow, comma-separated, the preferred one first. A consensus node, or an execution client.',
  },
  {
    name: 'l2.follow.source.header',
    env: ['OP_NODE_L2_FOLLOW_SOURCE_HEADER'],
    kind: 'list',
    default: [],
    category: 'rollup',
    isOurs: true,
    isSecret: true,
    usage:
      "HTTP headers for requests to the followed nodes, each written as 'Name: value' for the first of them, or as 'N=Name: value' for the one at place N of the list, from 0.",
  },
  {
    name: 'l2.follow.source.rpc-timeout',
    env: ['OP_NODE_L2_FOLLOW_SOURCE_RPC_TIMEOUT'],
    kind: 'duration',
    default: 10_000,
    category: 'rollup',
    usage: 'Longest wait for an answer of a followed node.',
  },
  {
    name: 'l2.follow.poll-interval',
    env: ['OP_NODE_L2_FOLLOW_POLL_INTERVAL'],
    kind: 'duration',
    default: 2_000,
    category: 'rollup',
    isOurs: true,
    usage: 'Time between two looks at the followed node; above 0, at most 5m.',
  },
  {
    name: 'l2.follow.quorum',
    env: ['OP_NODE_L2_FOLLOW_QUORUM'],
    kind: 'uint',
    default: 0,
    category: 'rollup',
    isOurs: true,
    usage:
      'Number of followed nodes that must agree on a head before it is taken. 0 follows one of them at a time.',
  },
  {
    name: 'l2.follow.max-lag',
    env: ['OP_NODE_L2_FOLLOW_MAX_LAG'],
    kind: 'uint',
    default: 0,
    category: 'rollup',
    isOurs: true,
    usage:
      'Leave a followed node that stands still while another one is more than this many blocks ahead. 0 turns it off.',
  },
  {
    name: 'l2.follow.push',
    env: ['OP_NODE_L2_FOLLOW_PUSH'],
    kind: 'bool',
    default: true,
    category: 'rollup',
    isOurs: true,
    usage: 'Have the followed nodes push their status where they offer it, and poll those seldom.',
  },
  {
    name: 'l2.follow.blocks',
    env: ['OP_NODE_L2_FOLLOW_BLOCKS'],
    kind: 'string',
    default: '',
    category: 'rollup',
    isOurs: true,
    usage: 'Execution client to fetch missing blocks from, up to the followed local safe head.',
  },
  {
    name: 'l2.follow.verify',
    env: ['OP_NODE_L2_FOLLOW_VERIFY'],
    kind: 'bool',
    default: false,
    category: 'rollup',
    isOurs: true,
    usage: 'Derive beside following, compare, and refuse what L1 does not say.',
  },
] as const satisfies readonly FlagRow[];
