import type { FlagRow } from './flagRow.js';

/** Categories 6 to 8: alternative data availability, the config file and experiments, interop. */
export const OTHER_FLAGS = [
  {
    name: 'altda.enabled',
    env: ['OP_NODE_ALTDA_ENABLED'],
    kind: 'bool',
    default: false,
    category: 'altDa',
    usage:
      'The chain keeps its batches on a DA server: refuses to start without --altda.da-server, or on a chain without alt_da.',
  },
  {
    name: 'altda.da-server',
    env: ['OP_NODE_ALTDA_DA_SERVER'],
    kind: 'string',
    default: '',
    category: 'altDa',
    usage: 'HTTP endpoint of a DA server, which has the inputs of the commitments on L1.',
  },
  {
    name: 'altda.verify-on-read',
    env: ['OP_NODE_ALTDA_VERIFY_ON_READ'],
    kind: 'bool',
    default: true,
    category: 'altDa',
    usage: 'Check what the DA server answers against its commitment, where that is a keccak256.',
  },
  {
    name: 'altda.da-service',
    env: ['OP_NODE_ALTDA_DA_SERVICE'],
    kind: 'bool',
    default: false,
    category: 'altDa',
    usage: 'Let the DA server make the commitments. For batchers: a node only reads.',
  },
  {
    name: 'altda.put-timeout',
    env: ['OP_NODE_ALTDA_PUT_TIMEOUT'],
    kind: 'duration',
    default: 0,
    category: 'altDa',
    usage: 'Longest wait for a put request. For batchers: a node only reads.',
  },
  {
    name: 'altda.get-timeout',
    env: ['OP_NODE_ALTDA_GET_TIMEOUT'],
    kind: 'duration',
    default: 0,
    category: 'altDa',
    usage: 'Longest wait for an answer of the DA server. 0 waits two minutes.',
  },
  {
    name: 'altda.max-concurrent-da-requests',
    env: ['OP_NODE_ALTDA_MAX_CONCURRENT_DA_REQUESTS'],
    kind: 'uint',
    default: 1,
    category: 'altDa',
    usage: 'Most requests to the DA server under way at once. 0 is 8.',
  },
  {
    name: 'config',
    env: ['OP_NODE_CONFIG'],
    kind: 'path',
    default: '',
    category: 'misc',
    isOurs: true,
    usage:
      'JSON file with flags as a tree; a flag or an environment variable goes before it. See the configuration guide.',
  },
  {
    name: 'experimental.sequencer-api',
    env: ['OP_NODE_EXPERIMENTAL_SEQUENCER_API'],
    kind: 'bool',
    default: false,
    category: 'misc',
    usage: 'Serve the opstack methods for a test sequencer.',
  },
  {
    name: 'interop.dependency-set',
    env: ['OP_NODE_INTEROP_DEPENDENCY_SET'],
    kind: 'path',
    default: '',
    category: 'interop',
    usage: 'JSON file with the chains that may exchange messages with this one.',
  },
] as const satisfies readonly FlagRow[];
