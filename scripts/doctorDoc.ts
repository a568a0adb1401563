import { FINDINGS, type FindingRow } from '../src/doctor/findings.js';

/** The text of docs/doctor.md: what the doctor looks at, and every finding with what it means and what to do. */
export function doctorDoc(): string {
  const rows = Object.entries<FindingRow>(FINDINGS).map(([code, row]) => {
    const { level, softer, means, advice } = row;
    const soft = softer === undefined ? '' : `; warning: ${softer}`;
    return `| \`${code}\` | ${level}${soft} | ${cell(means)} | ${cell(advice)}. |`;
  });
  return `# slipstream doctor

Written from the table of findings by \`npm run docs\`.

\`\`\`
slipstream doctor [--json] FLAGS
\`\`\`

\`FLAGS\` are those of the node; \`OP_NODE_*\` variables and the config file of \`--config\` count as well, so the command line of
a node with \`doctor\` as its first word is all it takes. The doctor asks each endpoint and looks at each setting as the
node would, and says what is wrong and what to do, one line each. It changes nothing: it sends no forkchoice, keeps no
port, and writes no file (a missing JWT secret or peer-to-peer key is not made). All checks run at once, and end within
15 seconds, whatever the endpoints do. Secrets are left out of what it prints: users, passwords and keys in URLs, tokens.

It may be run beside the node: then \`port-of-node\` tells of its ports.

Exit code: 0 where nothing stops or harms the node, warnings or not; 1 with an error.

A line has a level, a code and a sentence, then what to do. \`ok\` lines have the name of the check in place of a code.
\`--json\` prints one object on one line: \`ok\`, \`errors\` and \`warnings\` (counts), and \`findings\`, each with \`check\`, \`level\`
(\`ok\`, \`warning\`, \`error\`), \`code\` (null for \`ok\`), \`text\` and \`advice\` (null for \`ok\`). Scripts should go by codes: the
texts may change.

What it does not say: whether blocks that an endpoint serves are right (the node checks each), and for how long a beacon node
will keep its blobs. Blobs are tried where derivation would start now: a channel's timeout before the L1 origin of the
execution engine's safe head, within eight L1 blocks of it.

| code | level | what it means | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
