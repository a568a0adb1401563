import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
/** What asks for no more than its text to be passed on. A package under another licence stays outside of the bundle. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/**
 * The licences of the packages that the modules belong to, as they ask to be passed on with copies.
 * @param modules absolute paths; those outside of node_modules are passed over.
 * @throws Error for a package under another licence than the allowed ones.
 */
export function licenseTexts(modules) {
  const folders = new Set(modules.flatMap((path) => PACKAGE_FOLDER.exec(path)?.[0] ?? []));
  return [...folders]
    .sort()
    .map(licenseText)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function licenseText(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const choices = license.replace(/[()]/g, '').split(' OR ');
  if (!choices.some((choice) => ALLOWED.has(choice)))
    throw new Error(`${name} is not bundled: its licence is ${license}`);
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const by = author === undefined ? '' : ` by ${author.name ?? author}`;
  return `${[`${name} ${version}, ${license}${by}`, ...texts].join('\n\n')}\n`;
}
