export type Counts = Record<string, number>;

export function sumOf(days: { counts: Counts }[]): Counts {
  const totals: Counts = {};
  for (const { counts } of days)
    for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
  return totals;
}
