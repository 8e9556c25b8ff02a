/**
 * Returns a link as an HTTP header can contain it: ASCII, with encoded IDN hosts and characters, without line breaks. Undefined if it is no web
 * address.
 */
export function webAddress(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
