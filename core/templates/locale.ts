/**
 * Returns the translation for a customer: the exact locale (case, and `_` for `-`, do not matter), then its parents (`zh-Hant-TW` → `zh-TW` →
 * `zh-Hant`), then the bare language if its script is the same. `zh-CN` never gets `zh-TW`, nor `en-US` `en-GB`. Returns undefined for the base
 * content, which is written in `base` (the settings' locale) and counts as the translation into it.
 */
export function translationFor(
  translations: readonly string[],
  wanted: string | undefined,
  base: string,
): string | undefined {
  if (translations.length === 0) return undefined;
  const known = new Map<string, string | undefined>([[canonicalLocale(base) ?? base, undefined]]);
  for (const translation of translations) known.set(canonicalLocale(translation) ?? translation, translation);
  const found = fallbacks(wanted).find((locale) => known.has(locale));
  return found === undefined ? undefined : known.get(found);
}

/** Returns the candidates from the most to the least specific, each in canonical form; none if the text is no locale. */
function fallbacks(locale: string | undefined): string[] {
  const parsed = parse(locale);
  if (parsed === undefined) return [];
  const { language, script, region } = parsed;
  const own = script ?? parsed.maximize().script;
  const inRegion = region === undefined ? [] : withDefaultScript(language, own, region);
  const isDefaultScript = new Intl.Locale(language).maximize().script === own;
  return [
    ...new Set([
      parsed.baseName,
      ...inRegion,
      ...(own === undefined ? [] : [`${language}-${own}`]),
      ...(isDefaultScript ? [language] : []),
    ]),
  ];
}

/** With the script, and without it if the region alone implies it (`zh-TW` is `zh-Hant-TW`). */
function withDefaultScript(language: string, script: string | undefined, region: string): string[] {
  const short = `${language}-${region}`;
  const isImplied = new Intl.Locale(short).maximize().script === script;
  return [...(isImplied ? [short] : []), ...(script === undefined ? [] : [`${language}-${script}-${region}`])];
}

/** Returns the canonical form of a locale, or undefined if the text is none. */
export const canonicalLocale = (locale: string): string | undefined => parse(locale)?.baseName;

/** Parses locales as browsers, phones and POSIX systems write them: `zh_CN`, `en_US.UTF-8`, `zh-Hans-CN-u-ca-chinese`. */
function parse(locale: string | undefined): Intl.Locale | undefined {
  const [tag = ''] = (locale ?? '').trim().replaceAll('_', '-').split(/[.@]/, 1);
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}
