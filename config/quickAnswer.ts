import { findFlag } from './flags.js';
import { helpText } from './help.js';

const HELP = /^--?(?:h|help)(?:=true)?$/;
const VERSION = /^--?(?:v|version)(?:=true)?$/;

/**
 * What --help (-h) or --version (-v) prints, or null when the command line asks for neither. A word that is another
 * flag's value does not ask. With one of them nothing else is read or checked.
 * @param args the command line without program and script.
 */
export function quickAnswer(args: readonly string[], version: string): string | null {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (HELP.test(arg)) return helpText(version);
    if (VERSION.test(arg)) return `slipstream version ${version}\n`;
    const row = arg.includes('=') ? null : findFlag(arg.replace(/^--?/, ''));
    if (row !== null && row.kind !== 'bool') i++;
  }
  return null;
}
