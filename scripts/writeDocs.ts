import { writeFileSync } from 'node:fs';
import { GENERATED_DOCS } from './generatedDocs.js';

/** `npm run docs`: writes the generated documents, from the top of the repository. */
for (const [path, text] of GENERATED_DOCS) {
  writeFileSync(path, await text());
  console.log(`wrote ${path}`);
}
