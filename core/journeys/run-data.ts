/**
 * `run.data` contains the entry properties; results of nodes are under one key of their own, so that a node's id never hides a property from Liquid's
 * `event`.
 */
const RESULTS = '@results';
/** Name of the result that holds the id of the node with the newest coupon. */
export const NEWEST_COUPON = '@coupon';
/** Name of the result that holds the event that resolved the previous stop: it does not resolve the next one too. */
export const RESOLVED_BY = '@by';

type Data = Record<string, unknown>;

const resultsOf = (data: Data): Data => (data[RESULTS] ?? {}) as Data; // only `withResult` writes it

export const withResult = (data: Data, name: string, value: unknown): Data => ({
  ...data,
  [RESULTS]: { ...resultsOf(data), [name]: value },
});
export const resultOf = (data: Data, name: string): unknown => resultsOf(data)[name];

/** Returns the entry properties with which a run starts. */
export const entryData = (properties: Data | undefined): Data => {
  const { [RESULTS]: _reserved, ...rest } = properties ?? {};
  return rest;
};

/**
 * View of the data in Liquid and conditions: `data` = entry properties and node results, `event` = entry properties alone, `coupon` = the newest
 * drawn.
 */
export function liquidData(data: Data): { data: Data; event: Data; coupon?: unknown } {
  const { [RESULTS]: _results, ...event } = data;
  const { [NEWEST_COUPON]: newest, [RESOLVED_BY]: _by, ...results } = resultsOf(data);
  const coupon = typeof newest === 'string' ? results[newest] : undefined;
  return { data: { ...event, ...results }, event, ...(coupon === undefined ? {} : { coupon }) };
}
