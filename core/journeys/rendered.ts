/** A JSON value with every string in it rendered. */
export async function rendered(value: unknown, render: (text: string) => Promise<string>): Promise<unknown> {
  if (typeof value === 'string') return render(value);
  if (Array.isArray(value)) return Promise.all(value.map((element) => rendered(element, render)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, element]) => [key, await rendered(element, render)]),
  );
  return Object.fromEntries(entries);
}
