/** Whether a request's content type is JSON-RPC's, decided as Go's `mime.ParseMediaType` and go-ethereum do. */

const ACCEPTED = new Set(['application/json', 'application/json-rpc', 'application/jsonrequest']);

const TOKEN = "[0-9A-Za-z!#$%&'*+\\-.^_`{|}~]";
const QUOTED = '"(?:\\\\[()<>@,;:\\\\"/[\\]?=]|[^"\\r\\n])*"';
const PARAMETER = new RegExp(
  `^[ \\t\\v\\f]*;[ \\t\\v\\f]*(${TOKEN}+)[ \\t\\v\\f]*=[ \\t\\v\\f]*(${TOKEN}+|${QUOTED})`,
);

/** True for the three media types that go-ethereum takes, with well-formed parameters. */
export function isJsonRpcContentType(header: string | undefined): boolean {
  if (header === undefined) return false;
  const semicolon = header.indexOf(';');
  const base = semicolon < 0 ? header : header.slice(0, semicolon);
  if (!ACCEPTED.has(base.trim().toLowerCase())) return false;
  return semicolon < 0 || areParameters(header.slice(semicolon));
}

/** A name may come twice only with the same value; one semicolon may be left over at the end. */
function areParameters(text: string): boolean {
  const seen = new Map<string, string>();
  let rest = text;
  while (rest.trim() !== '') {
    const found = PARAMETER.exec(rest);
    if (found === null) return rest.trim() === ';';
    const name = (found[1] ?? '').toLowerCase();
    const value = unquoted(found[2] ?? '');
    const earlier = seen.get(name);
    if (earlier !== undefined && earlier !== value) return false;
    seen.set(name, value);
    rest = rest.slice(found[0].length);
  }
  return true;
}

function unquoted(value: string): string {
  if (value[0] !== '"') return value;
  return value.slice(1, -1).replace(/\\([()<>@,;:\\"/[\]?=])/g, '$1');
}
