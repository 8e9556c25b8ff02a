/** Where the data lake lies in the bucket of objects. Below it, a partition for each day (UTC) on which facts happened. */
export const FACTS_PREFIX = 'facts/';

export const partitionOf = (day: string): string => `${FACTS_PREFIX}dt=${day}/`;

/** The day of a file's partition. */
export const dayOfFile = (key: string): string | undefined => /^facts\/dt=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];
