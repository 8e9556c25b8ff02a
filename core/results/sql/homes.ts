/** Longest chain of merges that is followed. */
const MAX_HOPS = 12;

/** `merged`: each profile that was merged, with its target. */
function homesFrom(name: string, merged: string): string {
  const [table, chain] = [`merged_of_${name}`, `chain_of_${name}`];
  return `${table} AS (${merged} GROUP BY profile), ${chain}(profile, home, hops) AS (
    SELECT profile, target, 1 FROM ${table}
    UNION ALL SELECT c.profile, m.target, c.hops + 1 FROM ${chain} AS c JOIN ${table} AS m ON m.profile = c.home WHERE c.hops < ${MAX_HOPS}
  ), ${name} AS (SELECT profile, arg_max(home, hops) AS home FROM ${chain} GROUP BY profile)`;
}

/** `before`: only by merges before that parameter. Several such tables of one statement have names of their own. */
export function homesSql(name: string, before?: string): string {
  const condition = `"of" = 'profile' AND metric = 'merged'${before === undefined ? '' : ` AND "at" < ${before}`}`;
  return homesFrom(name, `SELECT profile, any_value(detail) AS target FROM facts WHERE ${condition}`);
}

/**
 * Where the profile of a fact has gone by merges: the table `homes` of those that were merged, for a `WITH RECURSIVE`. A fact has the key that its writer
 * knew, so that an anonymous visitor's messages and the order of the customer whom it turned out to be have two.
 */
export const HOMES = homesSql('homes');

/** The same from the view `merges`, for a question that holds little in memory. */
export const HOMES_BY_MERGES = homesFrom('homes', 'SELECT profile, any_value(target) AS target FROM merges');
