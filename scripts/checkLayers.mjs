/** Runs dependency-cruiser over the sources and fails when it saw no modules: an empty run would pass every rule. */
import { execFileSync } from 'node:child_process';

const MIN_MODULES = 150;
let report;
try {
  report = JSON.parse(
    execFileSync(
      'npx',
      [
        'depcruise',
        '--config',
        '.dependency-cruiser.cjs',
        '--output-type',
        'json',
        'src',
        'config',
      ],
      {
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      },
    ),
  );
} catch (error) {
  if (!error.stdout) throw error;
  report = JSON.parse(error.stdout);
}
const { violations, totalCruised, totalDependenciesCruised } = report.summary;
for (const v of violations) console.error(`${v.rule.name}: ${v.from} -> ${v.to}`);
console.log(
  `layers: ${totalCruised} modules, ${totalDependenciesCruised} dependencies, ${violations.length} violations`,
);
if (totalCruised < MIN_MODULES) {
  console.error(`layers: expected at least ${MIN_MODULES} modules; the sources were not seen`);
  process.exit(1);
}
process.exit(violations.length > 0 ? 1 : 0);
