/**
 * Crawlers, mail proxies, link scanners and previews of chats: they open and follow everything, and mean nothing by it.
 * CUBOT and M BOT are telephones, which name their model.
 */
const MACHINES =
  /(?<!cu|\bm[ _-]?)bot|crawler|spider|scanner|preview|facebookexternalhit|whatsapp|slack|safelinks|barracuda|mimecast|proofpoint|HeadlessChrome|GoogleImageProxy|YahooMailProxy|AppleMailPrivacy|^Mozilla\/5\.0$/i;

/** Whether a User-Agent is a machine's. */
export const isMachine = (userAgent: string): boolean => MACHINES.test(userAgent);
