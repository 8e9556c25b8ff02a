import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** What is kept of the process beside the stores' own files. */
const KeptSchema = z.object({ now: z.int().optional(), secret: z.string() });
type Kept = z.infer<typeof KeptSchema>;

/** Of one of the stand-ins; undefined: it keeps nothing. */
export function folder(dataDir: string | undefined, name: string): string | undefined {
  if (dataDir === undefined) return undefined;
  const path = join(dataDir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Opens something in the data folder; what is wrong there is said of the folder. */
export async function inFolder<Opened>(dataDir: string | undefined, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (dataDir === undefined) throw error;
    const cause = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `the data folder ${dataDir} cannot be used: ${cause}; end who else uses it, or remove it to begin anew`,
    );
  }
}

function readKeptFile(file: string): Kept {
  try {
    return KeptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new Error(`${file} is not what Cairn wrote`);
  }
}

/** @throws Error where the file is broken */
export function readKept(dataDir: string | undefined): Kept {
  const fresh = { secret: randomBytes(24).toString('base64url') };
  if (dataDir === undefined) return fresh;
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'cloud.json');
  if (existsSync(file)) return readKeptFile(file);
  keep(dataDir, fresh);
  return fresh;
}

/** Written beside and renamed: a crash leaves the old file or the new one. */
export function keep(dataDir: string | undefined, kept: Kept): void {
  if (dataDir === undefined) return;
  const file = join(dataDir, 'cloud.json');
  writeFileSync(`${file}.new`, JSON.stringify(kept));
  renameSync(`${file}.new`, file);
}
