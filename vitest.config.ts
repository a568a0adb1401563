import { defineConfig } from 'vitest/config';

/** Unit tests first; then integration and end-to-end tests, three files at a time: each starts
 * processes of its own and waits most of the time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 600_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          globalSetup: ['test/support/opGethSetup.ts'],
        },
      },
    ],
  },
});
