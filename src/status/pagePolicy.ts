import { createHash } from 'node:crypto';

/**
 * The Content-Security-Policy of a page: its own script and style by their hashes, requests to where it came from, and
 * nothing else. The page has one `<script>` and one `<style>`, without attributes.
 */
export function pagePolicy(page: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(page, 'script')}'`,
    `style-src '${hashOf(page, 'style')}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Hash of what is between an element's tags, as browsers compare it. */
function hashOf(page: string, element: 'script' | 'style'): string {
  const start = page.indexOf(`<${element}>`) + element.length + 2;
  const end = page.indexOf(`</${element}>`, start);
  const digest = createHash('sha256').update(page.slice(start, end)).digest('base64');
  return `sha256-${digest}`;
}
