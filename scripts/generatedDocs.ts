import { flagsDoc } from '../config/flagsDoc.js';
import { architectureDoc } from './architectureDoc.js';
import { doctorDoc } from './doctorDoc.js';
import { errorsDoc } from './errorsDoc.js';
import { metricsDoc } from './metricsDoc.js';

/** Every document that is written from the code's tables: its path in the repository, and its text. */
export const GENERATED_DOCS: readonly (readonly [
  path: string,
  text: () => string | Promise<string>,
])[] = [
  ['docs/architecture.md', architectureDoc],
  ['docs/doctor.md', doctorDoc],
  ['docs/errors.md', errorsDoc],
  ['docs/flags.md', flagsDoc],
  ['docs/metrics.md', metricsDoc],
];
