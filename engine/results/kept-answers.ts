import { hashId } from '../../core/ids.ts';
import type { FactFile } from './ports.ts';

/** Together at most so many bytes of JSON, and of one answer a tenth. */
const MAX_BYTES = 20_000_000;

/** Answers of the lake while its files are the same: a page of reports asks the same again and again. */
export class KeptAnswers {
  private readonly kept = new Map<string, { rows: object[]; bytes: number }>();
  private bytes = 0;

  /** The same for the same question to the same files, of which each has its key for ever. */
  static keyOf(question: object, files: readonly FactFile[]): string {
    return hashId(JSON.stringify(question), ...files.map(({ key }) => key));
  }

  get(key: string): object[] | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    // The one that was read last is dropped last.
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.rows;
  }

  set(key: string, rows: object[]): void {
    const bytes = Buffer.byteLength(JSON.stringify(rows));
    if (bytes > MAX_BYTES / 10 || this.kept.has(key)) return;
    this.kept.set(key, { rows, bytes });
    this.bytes += bytes;
    for (const [oldest, { bytes: less }] of this.kept) {
      if (this.bytes <= MAX_BYTES) return;
      this.kept.delete(oldest);
      this.bytes -= less;
    }
  }
}
