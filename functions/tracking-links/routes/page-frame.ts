import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type Palette, paletteOf } from '../../../core/colours/contrast.ts';
import type { Brand } from '../../../core/definitions/settings.ts';

/** Text for HTML, between tags and in quoted attributes. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

interface Page {
  status: number;
  lang: string;
  title: string;
  brand: Brand | undefined;
  /** HTML below the title. */
  body: string;
}

/** A whole page: no script, nothing from elsewhere but the brand's logo. */
export function page({ status, lang, title, brand, body }: Page): APIGatewayProxyStructuredResultV2 {
  const name = brand === undefined ? '' : escaped(brand.name);
  const logo = brand?.logoUrl === undefined ? name : `<img src="${escaped(brand.logoUrl)}" alt="${name}" height="40">`;
  const html = `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(title)}${name === '' ? '' : ` – ${name}`}</title>
<style>${styleOf(paletteOf(brand?.color))}</style>
</head>
<body>
${brand === undefined ? '' : `<header><div>${logo}</div></header>`}
<main>
<h1>${escaped(title)}</h1>
${body}
</main>
</body>
</html>`;
  return { statusCode: status, headers: headersOf(brand), body: html };
}

function headersOf(brand: Brand | undefined): Record<string, string> {
  const images = brand?.logoUrl === undefined ? '' : ` img-src ${new URL(brand.logoUrl).origin};`;
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // In a frame of another page, visitors could click something they do not see.
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline';${images} form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // The page's URL contains the token, so it must not leak to other sites.
    'referrer-policy': 'no-referrer',
  };
}

/** Everything to touch is at least 44 px high; words break rather than scroll. */
const styleOf = ({ ink, brand, accent, onAccent, link }: Palette): string => `
*{box-sizing:border-box}
body{margin:0;background:#f4f5f7;color:${ink};font:16px/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:anywhere}
header{background:#fff;border-top:4px solid ${brand};border-bottom:1px solid #e1e4e8}
header div{max-width:40rem;margin:0 auto;padding:.875rem 1rem;font-size:1.125rem;font-weight:600}
header img{display:block;height:40px;width:auto;max-width:100%;object-fit:contain;object-position:left}
main{max-width:40rem;margin:0 auto;padding:1.25rem 1rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.125rem;line-height:1.3;margin:0}
p{margin:0 0 1rem}
.hint{color:#565d66;font-size:.9375rem;margin:.25rem 0 .75rem}
.card{background:#fff;border:1px solid #e1e4e8;border-radius:12px;padding:1rem;margin:0 0 1rem}
fieldset{border:0;border-top:1px solid #e1e4e8;min-width:0;margin:0;padding:.5rem 0 .25rem}
legend{float:left;width:100%;font-weight:600;padding:.375rem 0}
legend+*{clear:both}
.row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.25rem .75rem;padding:.25rem 0}
.row.line{border-top:1px solid #e1e4e8;padding:.5rem 0}
.row>span{flex:1 1 6rem}
.row small{display:block;color:#565d66}
.choice{display:flex;border:1px solid #868e96;border-radius:10px;background:#fff}
.choice label{position:relative;cursor:pointer}
.choice input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.choice span{display:flex;align-items:center;justify-content:center;min-width:3.25rem;min-height:44px;padding:0 .8rem;font-size:.9375rem}
.choice label:first-child span{border-radius:9px 0 0 9px}
.choice label:last-child span{border-radius:0 9px 9px 0}
.choice label+label span{border-left:1px solid #868e96}
.choice input:checked+span{background:${accent};color:${onAccent};font-weight:600}
.choice input[value=""]:checked+span{background:#eef0f2;color:${ink};box-shadow:inset 0 0 0 2px ${accent}}
.choice input:focus-visible+span{outline:3px solid ${ink};outline-offset:2px;position:relative;z-index:1}
button{font:inherit;font-weight:600;width:100%;min-height:48px;padding:.625rem 1.25rem;border-radius:10px;border:1px solid ${accent};background:${accent};color:${onAccent};cursor:pointer}
button.plain{background:#fff;color:${ink};border-color:#868e96}
button:focus-visible,a:focus-visible{outline:3px solid ${ink};outline-offset:2px}
.note{background:#fff8e1;border:1px solid #e0c46c;border-radius:8px;padding:.625rem .75rem;margin:.25rem 0 .75rem;font-size:.9375rem}
.done h2{display:flex;gap:.5rem;align-items:baseline}
.done ul{margin:.75rem 0;padding:0 0 0 1.25rem}
.done p:last-child{margin:0}
a{color:${link}}
.back{display:inline-block;padding:.75rem 0;min-height:44px;font-weight:600}
@media (forced-colors:active){.choice input:checked+span{outline:3px solid Highlight;outline-offset:-4px}}`;
