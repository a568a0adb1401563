import { describe, expect, it } from 'vitest';
import { StopSignal } from '../../../src/runtime/stopSignal.js';

describe('StopSignal', () => {
  it('tells each listener once, in their order, with the reason at hand', () => {
    const signal = new StopSignal();
    const told: unknown[] = [];
    const twice = (): void => void told.push('twice');
    signal.addEventListener('abort', twice);
    signal.addEventListener('abort', { handleEvent: () => void told.push(signal.reason) });
    signal.addEventListener('abort', twice);
    signal.stop('why');
    signal.stop('again');
    expect(told).toEqual(['twice', 'why']);
    expect([signal.aborted, signal.reason]).toEqual([true, 'why']);
    expect(() => signal.throwIfAborted()).toThrow('why');
  });

  it('tells nobody who has left, who comes too late, or who waits for something else', () => {
    const signal = new StopSignal();
    let told = 0;
    const listener = (): void => void told++;
    signal.addEventListener('abort', listener);
    signal.removeEventListener('abort', listener);
    signal.addEventListener('close', listener);
    signal.throwIfAborted();
    signal.stop(null);
    signal.addEventListener('abort', listener);
    expect([told, signal.dispatchEvent()]).toEqual([0, true]);
  });

  it('tells nobody who comes to listen or leaves while it tells', () => {
    const signal = new StopSignal();
    let told = 0;
    const late = (): void => void told++;
    signal.addEventListener('abort', () => {
      signal.removeEventListener('abort', late);
      signal.addEventListener('abort', () => void told++);
    });
    signal.addEventListener('abort', late);
    signal.stop(null);
    expect(told).toBe(0);
  });

  it('tells the others of a listener that throws, and throws that then', () => {
    const signal = new StopSignal();
    let told = 0;
    for (const problem of ['first', 'second']) {
      signal.addEventListener('abort', () => {
        throw new Error(problem);
      });
      signal.addEventListener('abort', () => void told++);
    }
    expect(() => signal.stop(null)).toThrow('first');
    expect(told).toBe(2);
  });
});
