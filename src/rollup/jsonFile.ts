import { configInvalid } from '../errors/configInvalid.js';
import type { JsonObject, JsonValue } from './json.js';
import { isJsonObject, parseJson } from './json.js';

/**
 * Reads a file that holds one JSON object.
 * @param read makes the value and notes every problem that it meets.
 * @throws NodeError CONFIG_INVALID (critical): not JSON, not an object, or the problems noted, one line each.
 */
export function readJsonFile<T>(
  text: string,
  read: (file: JsonObject, problems: string[]) => T,
): T {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    throw configInvalid([`not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
  if (!isJsonObject(value)) throw configInvalid(['expected a JSON object']);
  const problems: string[] = [];
  const result = read(value, problems);
  if (problems.length > 0) throw configInvalid(problems);
  return result;
}
