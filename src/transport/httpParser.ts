import connectH1 from 'undici/lib/dispatcher/client-h1.js';

/** V8's flags while the parser is compiled, and as they are otherwise. */
const PLAIN = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering', '--no-wasm-lazy-compilation'];
const USUAL = ['--wasm-tier-up', '--wasm-dynamic-tiering', '--wasm-lazy-compilation'];

/** What undici is given in the place of a connection: one that failed, so that it makes its parser and nothing else. */
const FAILED = { errored: new Error('no connection') };

/**
 * Compiles undici's parser of HTTP answers, which is WebAssembly, once and plainly. V8 would optimize it as soon as some
 * answers were read: one function of 40 KB, for which its compiler takes 40 MiB, of which 10 are never given back, and a
 * third of a second. Answers are read as fast without. All else in WebAssembly, hashes and signatures, is to be optimized.
 * @param setFlag sets a flag of V8 in this process.
 */
export function compileHttpParser(setFlag: (flag: string) => void): void {
  PLAIN.forEach(setFlag);
  try {
    connectH1({}, FAILED);
  } catch (thrown) {
    if (thrown !== FAILED.errored) throw thrown;
  } finally {
    USUAL.forEach(setFlag);
  }
}
