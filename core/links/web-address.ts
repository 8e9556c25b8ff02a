/** A link as an HTTP header takes it: in ASCII, IDN hosts and other characters encoded, without line breaks. Undefined: none of the web. */
export function webAddress(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined;
}
