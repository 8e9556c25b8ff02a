/**
 * `run.data` holds the entry properties; what nodes stored lies under one key of its own, so that a node's id never hides a property
 * from Liquid's `event`.
 */
const RESULTS = '@results';
/** Name of the result that tells the node of the coupon drawn last. */
export const NEWEST_COUPON = '@coupon';
/** Name of the result that tells which event resolved the stop before: it does not resolve the next one too. */
export const RESOLVED_BY = '@by';

type Data = Record<string, unknown>;

const resultsOf = (data: Data): Data => (data[RESULTS] ?? {}) as Data; // only `withResult` writes it

export const withResult = (data: Data, name: string, value: unknown): Data => ({
  ...data,
  [RESULTS]: { ...resultsOf(data), [name]: value },
});
export const resultOf = (data: Data, name: string): unknown => resultsOf(data)[name];

/** Entry properties as a run begins with them. */
export const entryData = (properties: Data | undefined): Data => {
  const { [RESULTS]: _reserved, ...rest } = properties ?? {};
  return rest;
};

/** Liquid's and conditions' view: `data` = entry properties and node results, `event` = entry properties alone, `coupon` = the newest drawn. */
export function liquidData(data: Data): { data: Data; event: Data; coupon?: unknown } {
  const { [RESULTS]: _results, ...event } = data;
  const { [NEWEST_COUPON]: newest, [RESOLVED_BY]: _by, ...results } = resultsOf(data);
  const coupon = typeof newest === 'string' ? results[newest] : undefined;
  return { data: { ...event, ...results }, event, ...(coupon === undefined ? {} : { coupon }) };
}
