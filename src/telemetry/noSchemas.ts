/**
 * For servers whose routes have no schemas. Without it Fastify reads two compilers of schemas at its start, half a megabyte
 * of source; the bundle leaves them out.
 */
export const NO_SCHEMAS = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

function refuse(): never {
  throw new Error('routes of this server have no schemas');
}
