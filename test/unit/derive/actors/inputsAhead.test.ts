import { beforeEach, describe, expect, it } from 'vitest';
import { InputsAhead } from '../../../../src/derive/actors/inputsAhead.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { genericCommitment, inputNamed, keccakCommitment } from '../../../support/altDaRig.js';
import { l1Block, NEVER } from '../../../support/deriveFakes.js';
import { rejection } from '../../../support/until.js';

const named = (name: string) => keccakCommitment(inputNamed(name));

/** Answers when it is told to; the input of `a` is `input a`. */
class SlowServer {
  readonly asked: string[] = [];
  readonly waiting: (() => void)[] = [];
  readonly names = new Map(['a', 'b', 'c'].map((name) => [named(name).encoded as string, name]));
  failsOnce = false;

  async input(encoded: string): Promise<Uint8Array | null> {
    this.asked.push(`now ${this.names.get(encoded)}`);
    return this.answer(encoded);
  }

  async inputAhead(encoded: string, isWanted: () => boolean): Promise<Uint8Array | null> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (!isWanted()) return null;
    this.asked.push(`ahead ${this.names.get(encoded)}`);
    return this.answer(encoded);
  }

  /** Lets the request that has waited longest go on, and those that wait for it. */
  async next(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  private answer(encoded: string): Uint8Array {
    if (this.failsOnce) {
      this.failsOnce = false;
      throw new NodeError('ABORTED', 'x', { severity: 'temporary' });
    }
    return inputNamed(this.names.get(encoded) ?? '');
  }
}

describe('inputs read ahead', () => {
  let server: SlowServer;
  let inputs: InputsAhead;
  const ask = (name: string) => inputs.input(named(name), l1Block(11), NEVER);

  beforeEach(() => make());

  function make(maxBytes = 1000): void {
    server = new SlowServer();
    inputs = new InputsAhead({ kind: 'keccak', maxBytes }, { server });
  }

  it('are held until they are asked for, once', async () => {
    inputs.expect(11n, [named('a'), named('b'), genericCommitment('c')], NEVER);
    inputs.expect(11n, [named('a')], NEVER);
    expect(server.waiting).toHaveLength(2);
    await server.next();
    inputs.expect(11n, [named('a')], NEVER);
    expect(await ask('a')).toEqual(inputNamed('a'));
    expect(server.asked).toEqual(['ahead a']);
    expect(await ask('a')).toEqual(inputNamed('a'));
    expect(server.asked).toEqual(['ahead a', 'now a']);
  });

  it('are waited for where they are under way, and asked for where that came to nothing', async () => {
    inputs.expect(11n, [named('a'), named('b')], NEVER);
    const a = ask('a');
    await server.next();
    expect(await a).toEqual(inputNamed('a'));
    const b = ask('b');
    server.failsOnce = true;
    await server.next();
    expect(await b).toEqual(inputNamed('b'));
    expect(server.asked).toEqual(['ahead a', 'ahead b', 'now b']);
  });

  it('are asked for anew by who stops waiting for nobody else', async () => {
    inputs.expect(11n, [named('a')], NEVER);
    const stop = new AbortController();
    const stopped = rejection(inputs.input(named('a'), l1Block(11), stop.signal));
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
    await server.next();
    expect(await ask('a')).toEqual(inputNamed('a'));
    expect(server.asked).toEqual(['ahead a']);
  });

  it('are dropped, or not even asked for, once derivation has gone past', async () => {
    inputs.expect(11n, [named('a')], NEVER);
    inputs.expect(12n, [named('b')], NEVER);
    await server.next();
    inputs.forgetBefore(13n);
    await server.next();
    expect(server.asked).toEqual(['ahead a']);
    await ask('a');
    expect(server.asked).toEqual(['ahead a', 'now a']);
  });

  it('are bounded in bytes, and in number by L1 block', async () => {
    make(10);
    inputs.expect(11n, [named('a'), named('b'), named('c')], NEVER);
    for (let i = 0; i < 3; i++) await server.next();
    expect(server.asked).toEqual(['ahead a', 'ahead b']);
    await ask('a');
    inputs.expect(11n, [named('c')], NEVER);
    await server.next();
    expect(server.asked).toEqual(['ahead a', 'ahead b', 'ahead c']);
    make();
    const many = Array.from({ length: 300 }, (_, i) => named(`${i}`));
    inputs.expect(11n, many, NEVER);
    expect(server.waiting).toHaveLength(256);
  });
});
