import { setFlagsFromString } from 'node:v8';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileHttpParser } from '../../../src/transport/httpParser.js';

interface Wasm {
  Module: new (bytes: Uint8Array) => object;
}

/** The language's own; types of it come with those of browsers alone. */
const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Wasm };

/** Half of the flags are set before the parser is compiled, the others afterwards. */
const FLAGS = 6;

describe('compileHttpParser', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("makes undici's parser while V8 optimizes no WebAssembly, and lets V8 do so again", () => {
    const { Module } = wasm;
    const done: string[] = [];
    vi.spyOn(wasm, 'Module').mockImplementation(function compile(bytes) {
      done.push('compiled');
      return new Module(bytes);
    });
    const setFlag = (flag: string): void => {
      done.push(flag);
      setFlagsFromString(flag);
    };

    compileHttpParser(setFlag);

    const compiledAt = done.indexOf('compiled');
    const [before, after] = [done.slice(0, compiledAt), done.slice(compiledAt + 1)];
    expect(before).toHaveLength(FLAGS / 2);
    expect(before.every((flag) => flag.startsWith('--no-wasm-'))).toBe(true);
    expect(after).toEqual(before.map((flag) => flag.replace('--no-', '--')));

    // Whoever connects next finds it there.
    done.length = 0;
    compileHttpParser(setFlag);
    expect(done).toHaveLength(FLAGS);
    expect(done).not.toContain('compiled');
  });
});
