/** Flags that show a node or `op-batcher` the DA server. */
export function daFlags(url: string, commitment: 'keccak' | 'generic'): readonly string[] {
  return [
    ...['--altda.enabled', `--altda.da-server=${url}`],
    ...(commitment === 'generic' ? ['--altda.da-service'] : []),
  ];
}
