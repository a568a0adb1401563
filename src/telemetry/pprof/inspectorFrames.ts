import type { Runtime } from 'node:inspector';
import type { Frame } from './stackTree.js';

const FILE_SCHEME = 'file://';

/** A frame as the inspector tells it. */
export function frameOf({ functionName, url, lineNumber }: Runtime.CallFrame): Frame {
  return {
    name: functionName === '' ? '(anonymous)' : functionName,
    url: url.startsWith(FILE_SCHEME) ? url.slice(FILE_SCHEME.length) : url,
    line: lineNumber + 1,
  };
}
