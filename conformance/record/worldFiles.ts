import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Writes the files of a world, as `World` reads them. The same content gives the same bytes. */
export class WorldFiles {
  constructor(private readonly folder: string) {}

  json(file: string, value: unknown): Promise<void> {
    return writeFile(join(this.folder, file), `${JSON.stringify(value, null, 1)}\n`);
  }

  /** One value a line, compressed. */
  lines(file: string, values: readonly unknown[]): Promise<void> {
    const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
    return writeFile(join(this.folder, file), gzipSync(text, { level: 9 }));
  }

  /** A file of elsewhere, as it is; compressed where the name says so. */
  async copy(from: string, file: string): Promise<void> {
    const bytes = await readFile(from);
    const content = file.endsWith('.gz') ? gzipSync(bytes, { level: 9 }) : bytes;
    await writeFile(join(this.folder, file), content);
  }
}
