import type { Cell } from '../metrics/cells.ts';
import { WEEKDAYS, weekdayOf } from '../time/calendar.ts';
import type { Dimension } from './dimensions.ts';

/** The key of a row: `{day: "2026-11-02", channel: "sms"}`. Null: its facts have none, as what was refused before a channel was chosen. */
export type RowKey = Record<string, string | number | boolean | null>;

/** Counters of one row. */
export interface Group {
  key: RowKey;
  counts: Record<string, number>;
}

/** Sums the counters of cells by these dimensions, which the cells must have; by none, into one group. In the order of their keys. */
export function groupCells(cells: readonly Cell[], by: readonly Dimension[]): Group[] {
  const groups = new Map<string, Group>();
  for (const cell of cells)
    for (const [counter, times] of Object.entries(cell.counts)) {
      const at = counter.lastIndexOf('@');
      const [name, hour] = [counter.slice(0, at), counter.slice(at + 1)];
      const key = Object.fromEntries(by.map((dimension) => [dimension.text, keyPart(dimension, cell, hour)]));
      const group = groupOf(groups, key);
      group.counts[name] = (group.counts[name] ?? 0) + times;
    }
  return inOrder([...groups.values()], by);
}

/** The group of a key, which is made if there is none. */
export function groupOf(groups: Map<string, Group>, key: RowKey): Group {
  const text = JSON.stringify(Object.values(key));
  const group = groups.get(text) ?? { key, counts: {} };
  groups.set(text, group);
  return group;
}

function keyPart({ kind, name }: Dimension, { day, dimensions }: Cell, hour: string): string | number | null {
  if (kind === 'time') return name === 'day' ? day : name === 'hour' ? Number(hour) : weekdayOf(day);
  if (kind !== 'message') return null;
  const value = dimensions[name];
  return value === undefined ? null : name === 'version' ? Number(value) : value;
}

const weekdayIndex = (value: unknown): number => (WEEKDAYS as readonly unknown[]).indexOf(value);

/** Days, hours, weekdays and numbers in their order, texts in that of their characters, what has none last. */
export function inOrder<Of extends Pick<Group, 'key'>>(groups: readonly Of[], by: readonly Dimension[]): Of[] {
  const place = (value: RowKey[string] | undefined): string | number =>
    typeof value === 'boolean' ? Number(!value) : (value ?? '');
  const compare = (a: RowKey, b: RowKey): number => {
    for (const { name, text } of by) {
      const [left, right] = [a[text], b[text]];
      if (left === right) continue;
      if (left === null || left === undefined) return 1;
      if (right === null || right === undefined) return -1;
      if (name === 'weekday') return weekdayIndex(left) - weekdayIndex(right);
      return place(left) < place(right) ? -1 : 1;
    }
    return 0;
  };
  return groups.toSorted((a, b) => compare(a.key, b.key));
}
