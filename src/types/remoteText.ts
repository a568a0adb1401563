/** How many characters of a text that others wrote are kept: of an error message, an error's data, a page. */
export const MAX_REMOTE_CHARS = 1_000;

/** The text, cut to `MAX_REMOTE_CHARS`; a cut one says so and how long it was. */
export function remoteText(text: string): string {
  if (text.length <= MAX_REMOTE_CHARS) return text;
  return `${text.slice(0, MAX_REMOTE_CHARS)}… (cut, ${text.length} characters)`;
}
