import { defineConfig } from 'vitest/config';

/** Long runs: not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    globalSetup: ['test/support/opGethSetup.ts'],
  },
});
