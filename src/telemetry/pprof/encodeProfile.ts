import { gzipSync } from 'node:zlib';
import {
  Line,
  Location,
  Function as PprofFunction,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import type { Frame, StackNode, StackTree } from './stackTree.js';

/** A kind of value, and its unit: `cpu`, `nanoseconds`. */
export type ValueKind = readonly [type: string, unit: string];

export interface ProfileFacts {
  /** What the numbers of the samples are, in their order; viewers show the last one. */
  readonly values: readonly ValueKind[];
  /** What is sampled, and how much of it lies between two samples. */
  readonly period: { readonly kind: ValueKind; readonly value: number };
  /** When it began: Unix time in milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * The tree as a gzipped profile of pprof's format, which `go tool pprof` and its like open.
 * Spec: google/pprof `proto/profile.proto`.
 */
export function encodeProfile(tree: StackTree, facts: ProfileFacts): Uint8Array {
  const strings = new StringTable();
  const valueType = ([type, unit]: ValueKind): ValueType =>
    new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) });
  const locations = new Locations(strings);
  const sample: Sample[] = [];
  for (const stack of tree.stacks()) {
    if (stack.values.length === 0) continue;
    sample.push(
      new Sample({ locationId: locations.idsOf(stack), value: stack.values.map(Math.round) }),
    );
  }
  const profile = new Profile({
    sampleType: facts.values.map(valueType),
    sample,
    location: locations.locations,
    function: locations.functions,
    stringTable: strings,
    timeNanos: nanos(facts.startMs),
    durationNanos: nanos(facts.durationMs),
    periodType: valueType(facts.period.kind),
    period: Math.round(facts.period.value),
  });
  return gzipSync(profile.encode());
}

function nanos(ms: number): bigint {
  return BigInt(Math.round(ms * 1_000)) * 1_000n;
}

/** The functions of a profile, each once; without a map of addresses a function is its own location. */
class Locations {
  readonly locations: Location[] = [];
  readonly functions: PprofFunction[] = [];
  private readonly strings: StringTable;
  private readonly ids = new Map<string, number>();

  constructor(strings: StringTable) {
    this.strings = strings;
  }

  /** The innermost first. */
  idsOf(stack: StackNode): number[] {
    const ids: number[] = [];
    for (let node = stack; node.parent !== null; node = node.parent)
      ids.push(this.idOf(node.frame));
    return ids;
  }

  private idOf({ name, url, line }: Frame): number {
    const key = `${name} ${url}:${line}`;
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.ids.size + 1;
    this.ids.set(key, id);
    const nameId = this.strings.dedup(name);
    this.functions.push(
      new PprofFunction({
        id,
        name: nameId,
        systemName: nameId,
        filename: this.strings.dedup(url),
        startLine: line,
      }),
    );
    this.locations.push(new Location({ id, line: [new Line({ functionId: id, line })] }));
    return id;
  }
}
