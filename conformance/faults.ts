export const FAULT_KINDS = [
  'http404',
  'http500',
  'noData',
  'rpcError',
  'hang',
  'close',
  'garbage',
  'slow',
  'trickle',
  'truncated',
  'huge',
] as const;

/**
 * How an answer goes wrong. `noData` is the beacon API's empty list; `slow` answers late but right; `hang` never answers and
 * breaks off after `ms`; `trickle` sends a byte each `ms` and never ends.
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** How many requests it hits; 1 unless given, 0 = all until cleared. */
  readonly count?: number;
  /** For `slow`, `hang` and `trickle`; 1000 unless given. */
  readonly ms?: number;
  /** Hits only requests that name this JSON-RPC method or path. */
  readonly only?: string;
}

/** The fault that is armed at a server, if any. */
export class FaultBox {
  #armed: { fault: Required<Omit<Fault, 'only'>> & Pick<Fault, 'only'>; left: number } | null =
    null;

  /** Replaces what was armed; null clears it. */
  arm(fault: Fault | null): void {
    if (fault === null) {
      this.#armed = null;
      return;
    }
    const count = fault.count ?? 1;
    const left = count === 0 ? Number.POSITIVE_INFINITY : count;
    this.#armed = { fault: { ms: 1000, ...fault, count }, left };
  }

  /** The fault for this request, spent by it; null when it is to be answered rightly. */
  take(request: string): { readonly kind: FaultKind; readonly ms: number } | null {
    const armed = this.#armed;
    if (armed === null) return null;
    if (armed.fault.only !== undefined && !request.includes(armed.fault.only)) return null;
    armed.left -= 1;
    if (armed.left <= 0) this.#armed = null;
    return armed.fault;
  }

  get armed(): FaultKind | null {
    return this.#armed?.fault.kind ?? null;
  }
}
