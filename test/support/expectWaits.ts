import { expect } from 'vitest';
import type { Actor } from '../../src/runtime/actor.js';
import { rejection } from './until.js';

/** Fails unless the actor has nothing to do: its step ends by the signal alone. */
export async function expectWaits(actor: Pick<Actor, 'step'>): Promise<void> {
  const stop = new AbortController();
  const waiting = actor.step(stop.signal);
  stop.abort();
  expect(await rejection(waiting)).toMatchObject({ code: 'ABORTED' });
}
