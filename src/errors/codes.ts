/**
 * Every error code with what it means. `docs/errors.md` is written from this table.
 * A folder adds its own rows; names start with the folder's word.
 */
export const ERROR_CODES = {
  UNEXPECTED: 'A throw that no code planned for; a bug.',
  ABORTED: 'The operation was stopped because the node is shutting down.',
  RUNTIME_LANE_FULL: 'A lane of the task queue had no room for one more task.',
  RUNTIME_STOP_TIMEOUT: 'A part of the node did not stop within its share of the deadline.',
  RUNTIME_STOP_FAILED:
    'One or more parts of the node failed while stopping; all of them are listed.',
  CONFIG_INVALID: 'Flags, environment or config file are not usable; every problem is listed.',
  TRANSPORT_FAILED: 'A remote endpoint could not be reached or broke off.',
  TRANSPORT_TIMEOUT: 'A remote endpoint did not answer in time.',
  TRANSPORT_MALFORMED: 'A remote endpoint answered with something that is not JSON-RPC.',
  TRANSPORT_TOO_LARGE: 'A remote endpoint answered with more bytes than allowed.',
  TRANSPORT_HTTP_STATUS: 'A remote endpoint answered with an HTTP status other than 200.',
  RPC_ERROR: 'A remote endpoint answered a JSON-RPC call with an error object.',
  SAFE_DB_DISABLED: 'The safe-head database was asked but `--safedb.path` is not set.',
  SAFE_DB_INVALID_ENTRY: 'The safe-head database holds an entry that cannot be decoded.',
  SAFE_DB_OPEN_FAILED: 'The safe-head database could not be opened at its path.',
  SEQUENCER_NOT_ENABLED: 'A sequencer method was called on a node that does not sequence.',
  NODE_WRONG_CHAIN: 'An endpoint serves another chain than the rollup config names.',
  NODE_ENDPOINT_UNAVAILABLE: 'An endpoint that start-up needs did not answer after all tries.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
