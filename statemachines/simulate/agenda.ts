import type { EpochMs } from '../../core/ids.ts';

type Work = () => Promise<void>;
interface Entry {
  at: EpochMs;
  /** Order among entries of the same instant: lower ranks first. */
  rank: number;
  /** Order among entries of the same instant and rank: in the order in which they were put. */
  order: number;
  work: Work;
}

/** Work on a virtual clock, ordered by instant, rank, and order of putting. */
export class Agenda {
  #entries: Entry[] = [];
  #order = 0;

  /** A binary heap, because a thousand simulated events may be scheduled at the start. */
  put(at: EpochMs, rank: number, work: Work): void {
    this.#order += 1;
    const entry = { at, rank, order: this.#order, work };
    let index = this.#entries.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#entries[index] = parent;
      index = above;
    }
    this.#entries[index] = entry;
  }

  first(): Pick<Entry, 'at' | 'rank'> | undefined {
    return this.#entries[0];
  }

  take(): Work | undefined {
    const [first] = this.#entries;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) this.#sink(last);
    return first?.work;
  }

  #sink(entry: Entry): void {
    let index = 0;
    for (;;) {
      const left = this.#entries[2 * index + 1];
      const right = this.#entries[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, entry)) break;
      this.#entries[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    this.#entries[index] = entry;
  }
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.at - b.at < 0 || (a.at === b.at && (a.rank < b.rank || (a.rank === b.rank && a.order < b.order)));
