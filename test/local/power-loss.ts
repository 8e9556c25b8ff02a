import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of a data folder that grow at their end and are not synced at each write. */
const UNSYNCED = /^(queues\/fauxqs\.db-wal|executions\.db-wal|outbox\.jsonl|tables\/\d+\.log)$/;

/** Sizes of what may have reached the disk only in part. */
export async function unsyncedSizes(folder: string): Promise<Map<string, number>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => UNSYNCED.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const)));
}

/**
 * What a power loss does to the folder of a process that has ended: each of these files keeps only a part of what was written since `synced`, which
 * differs from file to file. The system had written all that was older.
 */
export async function losePower(folder: string, synced: Map<string, number>, random: () => number): Promise<void> {
  for (const [name, size] of await unsyncedSizes(folder)) {
    const kept = Math.min(synced.get(name) ?? 0, size);
    await truncate(join(folder, name), kept + Math.floor(random() * (size - kept)));
  }
}
