/** GSM 03.38, basic set and the characters of its extension (two septets each). */
const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const EXTENDED = /[\^{}\\[~\]|€]/;

/**
 * Returns the number of parts in which networks count a text: 160 or 153 septets, else 70 or 67 UCS-2 units. Neither an escaped character nor a
 * surrogate pair is split between two parts.
 */
export function smsSegments(text: string): number {
  const isGsm = BASIC.test(text);
  const [single, part] = isGsm ? [160, 153] : [70, 67];
  const units = Array.from(text, (character) => (isGsm ? septets(character) : character.length));
  if (units.reduce((sum, size) => sum + size, 0) <= single) return 1;
  let segments = 1;
  let used = 0;
  for (const size of units) {
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return segments;
}

const septets = (character: string): number => (EXTENDED.test(character) ? 2 : 1);
