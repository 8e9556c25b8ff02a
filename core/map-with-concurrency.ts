/** Maps with at most `width` calls at a time; results in the order of the items. The first error is thrown. */
export async function mapWithConcurrency<Item, Result>(
  width: number,
  items: readonly Item[],
  fn: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await fn(items[index] as Item, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
