import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcServer } from '../../../src/rpc/server.js';
import { exchange, type GoldenLine, readGolden, recordedServer } from '../../support/rpcWorld.js';

const WORLDS = ['forks', 'adversarial'];
const POSITIONS = ['follower', 'verifier'] as const;

/** Keys and types of values at every depth. */
function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, shapeOf(v)]));
}

describe.each(WORLDS.flatMap((world) => POSITIONS.map((position) => ({ world, position }))))(
  'as the recorded $position of $world',
  ({ world, position }) => {
    const { options, deps } = recordedServer(world, position);
    const server = new RpcServer(options, deps);
    let addr = '';

    beforeAll(async () => {
      ({ addr } = await server.start());
    });
    afterAll(() => server.stop());

    it.each(readGolden(world, position).map((line) => [line.name, line] as const))(
      'answers %s as op-node did',
      async (_name, { http, match, response }: GoldenLine) => {
        const got = await exchange(addr, http);
        if (match === 'shape') {
          expect(got.status).toBe(response.status);
          expect(shapeOf(JSON.parse(got.body))).toEqual(shapeOf(JSON.parse(response.body)));
        } else if (match === 'fault') {
          expect(JSON.parse(got.body)).toMatchObject({ error: { code: expect.any(Number) } });
        } else {
          expect(got).toEqual(response);
        }
      },
    );
  },
);
