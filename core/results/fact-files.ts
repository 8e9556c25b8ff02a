/** Where the data lake lies in the bucket of objects. Below it, a partition for each day (UTC) on which facts happened. */
export const FACTS_PREFIX = 'facts/';

export const partitionOf = (day: string): string => `${FACTS_PREFIX}dt=${day}/`;

/** The day of a file's partition; undefined: it is no file of the lake. */
export const dayOfFile = (key: string): string | undefined => /^facts\/dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];

/** A file of one batch of facts. `batch` is the same for the same facts. */
export const partKey = (day: string, batch: string): string => `${partitionOf(day)}part-${batch}.parquet`;

/**
 * A file of a compaction, which has put a whole day into `of` buckets by the facts' ids, each fact once. `inputs` is the same for the same files that it has
 * read.
 */
export const compactedKey = (day: string, { bucket, of, inputs }: Bucket & { inputs: string }): string =>
  `${partitionOf(day)}day-${bucket}of${of}-${inputs}.parquet`;

interface Bucket {
  bucket: number;
  of: number;
}
const bucketOf = (key: string): Bucket | undefined => {
  const [, bucket, of] = /\/day-(\d+)of(\d+)-[^/]*$/.exec(key) ?? [];
  return of === undefined ? undefined : { bucket: Number(bucket), of: Number(of) };
};

/** Files, by whether a fact may be in two of them. */
export interface Layout {
  /** Those of one compaction a day: no fact is in two. */
  compacted: string[];
  /** All others: of batches that came again, or of two compactions at once. */
  doubtful: string[];
}

export function layoutOf(keys: readonly string[]): Layout {
  const layout: Layout = { compacted: [], doubtful: [] };
  for (const its of Map.groupBy(keys, dayOfFile).values()) {
    const buckets = its.flatMap((key) => bucketOf(key) ?? []);
    const isOne =
      new Set(buckets.map(({ of }) => of)).size <= 1 &&
      new Set(buckets.map(({ bucket }) => bucket)).size === buckets.length;
    for (const key of its) (isOne && bucketOf(key) !== undefined ? layout.compacted : layout.doubtful).push(key);
  }
  return layout;
}
