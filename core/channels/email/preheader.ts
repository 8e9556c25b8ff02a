const START_OF_BODY = /<body\b[^>]*>/i;
const HIDDEN =
  'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:transparent;mso-hide:all';
/** Invisible characters after the preheader, so that mail programs show none of the text below it. */
const PADDING = '&#8199;&#847;'.repeat(100);

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Returns the HTML with the text that mail programs show beside the subject, hidden at the beginning of its body. */
export function withPreheader(html: string, preheader: string): string {
  const found = START_OF_BODY.exec(html);
  const at = found === null ? 0 : found.index + found[0].length;
  const hidden = `<div style="${HIDDEN}">${escaped(preheader)}${PADDING}</div>`;
  return html.slice(0, at) + hidden + html.slice(at);
}
