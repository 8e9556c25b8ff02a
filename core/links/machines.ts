/**
 * Crawlers, mail proxies, link scanners and chat previews: they open and follow every link without any interest. CUBOT and M BOT are phones, which
 * name their model.
 */
const MACHINES =
  /(?<!cu|\bm[ _-]?)bot|crawler|spider|scanner|preview|facebookexternalhit|whatsapp|slack|safelinks|barracuda|mimecast|proofpoint|HeadlessChrome|GoogleImageProxy|YahooMailProxy|AppleMailPrivacy|^Mozilla\/5\.0$/i;

/** Whether a User-Agent belongs to a machine. */
export const isMachine = (userAgent: string): boolean => MACHINES.test(userAgent);

/** HTTP libraries and tools that link checkers use. Mail programs load pictures with some of them, but nobody follows a link with one. */
const PROGRAMS =
  /^(curl|wget|python|aiohttp|httpx|go-http-client|java|okhttp|apache-httpclient|axios|got|node|undici|ruby|php|guzzlehttp|libwww-perl)\b/i;

/** Whether a machine follows a link with this User-Agent. A browser always sends one. */
export const isFollowedByMachine = (userAgent = ''): boolean =>
  userAgent === '' || isMachine(userAgent) || PROGRAMS.test(userAgent);

/** Headers by which browsers say that they prefetch a page. */
const FETCHED_AHEAD = {
  'sec-purpose': /prefetch|prerender/i,
  purpose: /prefetch|preview/i,
  'x-purpose': /preview/i,
  'x-moz': /prefetch/i,
};

export const isFetchedAhead = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  Object.entries(FETCHED_AHEAD).some(([name, pattern]) => pattern.test(headers[name] ?? ''));
