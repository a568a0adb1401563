import { readFileSync } from 'node:fs';
import { Counter, Gauge, type Registry } from 'prom-client';

const LIMITS = '/proc/self/limits';
const NETWORK = '/proc/self/net/netstat';
/** Go's collector says this where there is no limit. */
const NO_LIMIT = 2 ** 64;

/**
 * The metrics of a process that Go programs have and prom-client has not, where the system tells them (Linux).
 * Spec: `process_*` of prometheus/client_golang.
 */
export function collectProcessMetrics(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_virtual_memory_max_bytes',
    help: 'Maximum amount of virtual memory available in bytes.',
    registers,
    collect() {
      const limit = addressSpaceLimit(readProc(LIMITS));
      if (limit === null) this.remove();
      else this.set(limit);
    },
  });
  const counters = [
    ['process_network_receive_bytes_total', 'received', 'InOctets'],
    ['process_network_transmit_bytes_total', 'sent', 'OutOctets'],
  ] as const;
  for (const [name, what, column] of counters) {
    new Counter({
      name,
      help: `Number of bytes ${what} by the process over the network.`,
      registers,
      collect() {
        const bytes = networkBytes(readProc(NETWORK), column);
        this.reset();
        if (bytes !== null) this.inc(bytes);
      },
    });
  }
}

/** A file of the system; empty where there is none. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** @param limits a text like `/proc/self/limits`. @returns bytes; null where the line is missing. */
export function addressSpaceLimit(limits: string): number | null {
  const line = limits.split('\n').find((text) => text.startsWith('Max address space'));
  const soft = line?.slice('Max address space'.length).trim().split(' ')[0];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? NO_LIMIT : Number(soft);
}

/**
 * @param netstat a text like `/proc/self/net/netstat`: lines of names, each followed by one of values.
 * @returns what the column of `IpExt:` says; null where it is missing.
 */
export function networkBytes(netstat: string, column: string): number | null {
  const [names, values] = netstat
    .split('\n')
    .filter((line) => line.startsWith('IpExt:'))
    .map((line) => line.split(' '));
  const value = values?.[names?.indexOf(column) ?? -1];
  return value === undefined ? null : Number(value);
}
