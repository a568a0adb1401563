/** How long a test waits for what surely comes, however busy the machine: only a failure takes that long. */
export const REACH_MS = 90_000;

/** The same for the end of a process; longer than the deadline of a node's own stop. */
export const STOP_MS = 30_000;
