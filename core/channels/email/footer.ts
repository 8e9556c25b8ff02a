/** Texts of the footer by language. Other languages get English. */
const WORDS = {
  'zh-Hans': { link: '退订或更改订阅设置', text: '退订或更改订阅设置：' },
  'zh-Hant': { link: '取消訂閱或變更訂閱設定', text: '取消訂閱或變更訂閱設定：' },
  en: { link: 'Unsubscribe or change your preferences', text: 'Unsubscribe or change your preferences: ' },
};

function wordsFor(locale: string): (typeof WORDS)['en'] {
  if (!/^zh\b/i.test(locale)) return WORDS.en;
  return /\b(hant|tw|hk|mo)\b/i.test(locale) && !/\bhans\b/i.test(locale) ? WORDS['zh-Hant'] : WORDS['zh-Hans'];
}

const COMMENT = /<!--.*?-->/gs;
const END_OF_BODY = /<\/body\s*>/gi;

/** Returns the HTML with a link to the preference page at its end, unless it has one that customers see. */
export function withHtmlFooter(html: string, unsubscribeUrl: string, locale: string): string {
  if (html.replaceAll(COMMENT, '').includes(unsubscribeUrl)) return html;
  const style = 'margin:24px 0;text-align:center;font:12px/1.5 Arial,sans-serif;color:#666666';
  const footer = `<div style="${style}"><a href="${unsubscribeUrl}" style="color:#666666">${wordsFor(locale).link}</a></div>`;
  const end = [...html.matchAll(END_OF_BODY)].at(-1)?.index ?? html.length;
  return html.slice(0, end) + footer + html.slice(end);
}

/** Returns the text with a link to the preference page at its end, unless it has one. */
export const withTextFooter = (text: string, unsubscribeUrl: string, locale: string): string =>
  text.includes(unsubscribeUrl) ? text : `${text.trimEnd()}\n\n${wordsFor(locale).text}${unsubscribeUrl}\n`;
