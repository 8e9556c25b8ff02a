/** GSM 03.38, basic set and the characters of its extension (two septets each). */
const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const EXTENDED = /[\^{}\\[~\]|€]/;

export type SmsEncoding = 'gsm' | 'ucs2';

/**
 * Returns the encoding of a text, and the number of parts in which networks count it: 160 or 153 septets of GSM 03.38, else 70 or 67 UCS-2 units.
 * Neither an escaped character nor a surrogate pair is split between two parts.
 */
export function smsSize(text: string): { encoding: SmsEncoding; segments: number } {
  const isGsm = BASIC.test(text);
  return { encoding: isGsm ? 'gsm' : 'ucs2', segments: segmentsOf(text, isGsm) };
}

function segmentsOf(text: string, isGsm: boolean): number {
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
