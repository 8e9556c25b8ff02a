import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Short hash of the names and contents of the files that match the patterns; outputs are rebuilt when it changes. */
export function hashOfSources(patterns: string[]): string {
  const hash = createHash('sha256');
  const files = [...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })))].sort();
  for (const file of files) hash.update(file).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, 16);
}
