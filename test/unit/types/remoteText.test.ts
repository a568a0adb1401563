import { expect, it } from 'vitest';
import { loggedCommitment, remoteText } from '../../../src/types/remoteText.js';

it('cuts a text of others, and says so', () => {
  expect(remoteText('x'.repeat(1_000))).toBe('x'.repeat(1_000));
  expect(remoteText('x'.repeat(1_001))).toBe(`${'x'.repeat(1_000)}… (cut, 1001 characters)`);
});

it('shows the beginning of a commitment', () => {
  expect(loggedCommitment('x'.repeat(140))).toBe('x'.repeat(140));
  expect(loggedCommitment('x'.repeat(141))).toBe(`${'x'.repeat(140)}…`);
});
