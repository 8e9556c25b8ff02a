/** GSM 03.38, basic set and the characters of its extension (two septets each). */
const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const EXTENDED = /[\^{}\\[~\]|€]/g;

/** How many messages the networks count a text as: 160 or 153 septets, else 70 or 67 UCS-2 units. */
export function smsSegments(text: string): number {
  const isGsm = BASIC.test(text);
  const length = isGsm ? text.length + (text.match(EXTENDED)?.length ?? 0) : text.length;
  const [single, part] = isGsm ? [160, 153] : [70, 67];
  return length <= single ? 1 : Math.ceil(length / part);
}
