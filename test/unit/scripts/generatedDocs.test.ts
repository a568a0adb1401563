import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GENERATED_DOCS } from '../../../scripts/generatedDocs.js';

describe('generated documents', () => {
  it.each(GENERATED_DOCS)(
    '%s is what its table says (else run: npm run docs)',
    async (path, text) => {
      expect(readFileSync(path, 'utf8')).toBe(await text());
    },
  );
});
