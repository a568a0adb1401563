export interface ProtectionDeps {
  readonly isStatic: (peer: string) => boolean;
  readonly isInMesh: (peer: string) => boolean;
}

/** Peers that are not let go when there are too many: static ones, those of the mesh, and those that the operator named. */
export class Protection {
  private readonly named = new Set<string>();

  constructor(private readonly deps: ProtectionDeps) {}

  protect(peer: string): void {
    this.named.add(peer);
  }

  unprotect(peer: string): void {
    this.named.delete(peer);
  }

  has(peer: string): boolean {
    return this.named.has(peer) || this.deps.isStatic(peer) || this.deps.isInMesh(peer);
  }
}
