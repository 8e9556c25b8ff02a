/**
 * Returns the message of an error without what it quotes. AWS quotes values of a request (`Value '…' at 'key' failed to satisfy constraint`), and
 * `JSON.parse` the text: both may be a customer's. Other errors are ours, and quote only names and ids.
 */
export function withoutQuotes(error: Error): string {
  const mayQuote = '$metadata' in error || error instanceof SyntaxError;
  return mayQuote ? error.message.replaceAll(QUOTED, '…') : error.message;
}

/** A quote that nobody closes goes to the end. */
const QUOTED = /'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)/g;
