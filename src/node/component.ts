import { toNodeError } from '../errors/nodeError.js';
import type { Component } from '../runtime/supervisor.js';

/** A part of the node of two functions; either may be left out. */
export function component(
  name: string,
  parts: { readonly start?: () => Promise<unknown>; readonly stop?: () => Promise<unknown> },
): Component {
  return {
    name,
    start: async () => {
      await parts.start?.();
    },
    stop: async () => {
      await parts.stop?.();
    },
  };
}

/** Closes all of them, at the same time. @throws the first failure, after each had its turn. */
export async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(closers.map((close) => close()));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw toNodeError(outcome.reason);
  }
}
