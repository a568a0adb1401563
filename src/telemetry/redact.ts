const MASK = '***';
/** API keys of public gateways are path segments at least this long; method and version names are shorter. */
const MIN_KEY_CHARS = 20;
const URL_PATTERN = /\b(?:https?|wss?):\/\/[^\s"'<>]+/gi;
/** What a JSON web token is made of, and how it begins: base64 of an opening brace and a quote. */
const TOKEN_RUN = /[A-Za-z0-9_.-]+/g;
const TOKEN_START = /\beyJ/;
/** A token has three parts. */
const TOKEN_DOTS = 2;

/**
 * The URL without what may be secret: user and password are dropped, query values and path segments that look like
 * an API key masked. A text that is no URL is masked whole.
 */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return MASK;
  const parsed = new URL(url);
  const path = parsed.pathname
    .split('/')
    .map((segment) => (isKeyLike(segment) ? MASK : segment))
    .join('/');
  const query = parsed.search === '' ? '' : `?${MASK}`;
  return `${parsed.protocol}//${parsed.host}${path === '/' ? '' : path}${query}`;
}

/** The text with every URL in it redacted and every JSON web token masked. */
export function redactText(text: string): string {
  if (!text.includes('://') && !text.includes('eyJ')) return text;
  return text.replace(URL_PATTERN, (url) => redactUrl(url)).replace(TOKEN_RUN, redactToken);
}

/** Masks from where a token may begin to the end of the run, if that has as many dots as a token. */
function redactToken(run: string): string {
  const start = run.search(TOKEN_START);
  if (start < 0) return run;
  const dots = run.slice(start).split('.', TOKEN_DOTS + 1).length - 1;
  return dots < TOKEN_DOTS ? run : `${run.slice(0, start)}${MASK}`;
}

function isKeyLike(segment: string): boolean {
  return segment.length >= MIN_KEY_CHARS && /^[A-Za-z0-9_-]+$/.test(segment);
}
