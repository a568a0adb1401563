/** The part of hash-wasm that a node needs: its main module is 250 KB of all hashes, kept as source in each thread. */
declare module 'hash-wasm/dist/keccak.umd.min.js' {
  import { createKeccak } from 'hash-wasm';

  const parts: { readonly createKeccak: typeof createKeccak };
  export default parts;
}
