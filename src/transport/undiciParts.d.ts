/**
 * The parts of undici that a node needs. Its main module brings fetch, caches, mocks and WebSockets as well: some 600 KB of
 * source that every node would read and keep.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici';
  export default buildConnector;
}

declare module 'undici/lib/dispatcher/client-h1.js' {
  /** Takes a socket over for a client, after it has made the parser that all share. @throws what the socket failed with. */
  export default function connectH1(client: object, socket: { readonly errored: Error }): void;
}

declare module 'undici/lib/interceptor/redirect.js' {
  import { interceptors } from 'undici';

  const redirect: typeof interceptors.redirect;
  export default redirect;
}
