import { createRequire } from 'node:module';
import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { NO_SCHEMAS } from '../../../src/telemetry/noSchemas.js';

/** Left out of the bundle. */
const COMPILERS = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler'];

const { cache } = createRequire(import.meta.url);
const readCompilers = (): readonly string[] =>
  COMPILERS.filter((name) => Object.keys(cache).some((file) => file.includes(`/${name}/`)));

describe('NO_SCHEMAS', () => {
  it('keeps Fastify from reading its compilers, answers and faults included', async () => {
    const app = fastify({ schemaController: NO_SCHEMAS });
    app.get('/json', async () => ({ is: 'there' }));
    app.get('/fault', async () => {
      throw new Error('gone');
    });
    const answers = [];
    for (const url of ['/json', '/fault', '/nowhere']) answers.push(await app.inject(url));
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 500, 404]);
    expect(answers[0]?.json()).toEqual({ is: 'there' });
    await app.close();
    expect(readCompilers()).toEqual([]);

    // What it would do without.
    await fastify().close();
    expect(readCompilers()).toEqual(COMPILERS);
  });

  it('refuses a route with a schema', async () => {
    const app = fastify({ schemaController: NO_SCHEMAS });
    app.get('/', { schema: { querystring: { type: 'object' } } }, async () => '');
    await expect(app.ready()).rejects.toThrow('no schemas');
  });
});
