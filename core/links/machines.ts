/**
 * Crawlers, mail proxies, link scanners and previews of chats: they open and follow everything, and mean nothing by it.
 * CUBOT and M BOT are telephones, which name their model.
 */
const MACHINES =
  /(?<!cu|\bm[ _-]?)bot|crawler|spider|scanner|preview|facebookexternalhit|whatsapp|slack|safelinks|barracuda|mimecast|proofpoint|HeadlessChrome|GoogleImageProxy|YahooMailProxy|AppleMailPrivacy|^Mozilla\/5\.0$/i;

/** Whether a User-Agent is a machine's. */
export const isMachine = (userAgent: string): boolean => MACHINES.test(userAgent);

/** What link checkers are written with. Mail programs load their pictures with some of these, but nobody follows a link with them. */
const PROGRAMS =
  /^(curl|wget|python|aiohttp|httpx|go-http-client|java|okhttp|apache-httpclient|axios|got|node|undici|ruby|php|guzzlehttp|libwww-perl)\b/i;

/** Whether whoever follows a link with this User-Agent is a machine. A browser always has one. */
export const isFollowedByMachine = (userAgent = ''): boolean =>
  userAgent === '' || isMachine(userAgent) || PROGRAMS.test(userAgent);

/** Headers by which browsers say that they fetch a page before anybody has asked for it. */
const FETCHED_AHEAD = {
  'sec-purpose': /prefetch|prerender/i,
  purpose: /prefetch|preview/i,
  'x-purpose': /preview/i,
  'x-moz': /prefetch/i,
};

export const isFetchedAhead = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  Object.entries(FETCHED_AHEAD).some(([name, pattern]) => pattern.test(headers[name] ?? ''));
