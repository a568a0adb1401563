/** A signal that counts its listeners, to prove that waits remove theirs. It never fires. */
export function countingSignal(): {
  readonly signal: AbortSignal;
  listeners(): number;
  added(): number;
} {
  const { signal } = new AbortController();
  let now = 0;
  let total = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    now += 1;
    total += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    now -= 1;
    remove(...args);
  };
  return { signal, listeners: () => now, added: () => total };
}
