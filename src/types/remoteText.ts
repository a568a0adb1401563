/** How many characters of a text that others wrote are kept: of an error message, an error's data, a page. */
export const MAX_REMOTE_CHARS = 1_000;

/** The text, cut to `MAX_REMOTE_CHARS`; a cut one says so and how long it was. */
export function remoteText(text: string): string {
  if (text.length <= MAX_REMOTE_CHARS) return text;
  return `${text.slice(0, MAX_REMOTE_CHARS)}… (cut, ${text.length} characters)`;
}

/** How many characters of a commitment are logged: one to a DA server may be as long as a transaction. */
const MAX_COMMITMENT_CHARS = 140;

/** A commitment of alternative DA, encoded, as it is logged; a cut one shows that it is. */
export function loggedCommitment(encoded: string): string {
  if (encoded.length <= MAX_COMMITMENT_CHARS) return encoded;
  return `${encoded.slice(0, MAX_COMMITMENT_CHARS)}…`;
}
