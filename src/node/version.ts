/** What `--version`, `optimism_version` and `op_node_default_info` say; the number is package.json's. */
export const VERSION = { version: 'v0.1.0', meta: 'slipstream' } as const;
