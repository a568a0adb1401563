/** One function on a stack. */
export interface Frame {
  readonly name: string;
  /** The script; empty for what the engine itself does. */
  readonly url: string;
  /** Where the function begins, from 1; 0 where there is no text. */
  readonly line: number;
}

/** Distinct stacks are bounded by this: what a longer run finds beyond is counted at the callers known already. */
const MAX_NODES = 100_000;

/** A stack: this frame, called by the parents' frames. */
export class StackNode {
  readonly frame: Frame;
  /** Null only at the root, whose frame is nobody's. */
  readonly parent: StackNode | null;
  readonly children = new Map<string, StackNode>();
  /** What was sampled with exactly this stack; one number for each kind of value of the profile. */
  readonly values: number[] = [];

  constructor(frame: Frame, parent: StackNode | null) {
    this.frame = frame;
    this.parent = parent;
  }

  add(values: readonly number[]): void {
    values.forEach((value, place) => {
      this.values[place] = (this.values[place] ?? 0) + value;
    });
  }
}

/** Samples by their stacks: profiles of the same process add up in it, however long it runs. */
export class StackTree {
  readonly root = new StackNode({ name: '', url: '', line: 0 }, null);
  private nodes = 0;
  private readonly maxNodes: number;

  constructor(maxNodes = MAX_NODES) {
    this.maxNodes = maxNodes;
  }

  /** The stack of this frame called by that of `parent`; `parent` itself where the tree is full. */
  child(parent: StackNode, frame: Frame): StackNode {
    const key = `${frame.name} ${frame.url}:${frame.line}`;
    const known = parent.children.get(key);
    if (known !== undefined) return known;
    if (this.nodes >= this.maxNodes) return parent;
    this.nodes += 1;
    const made = new StackNode(frame, parent);
    parent.children.set(key, made);
    return made;
  }

  /** Every stack, callers before what they call. */
  *stacks(): Generator<StackNode> {
    const pending = [...this.root.children.values()];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      yield node;
      for (const child of node.children.values()) pending.push(child);
    }
  }
}
