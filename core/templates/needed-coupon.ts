import { RenderError, renderLiquid } from './liquid.ts';
import { renderOrMissing } from './missing.ts';
import type { TemplateDefinition } from './schema.ts';

/** Returns the first variable of `coupon` without which a text of the template fails; undefined: none, or each has a default or a condition. */
export const neededCoupon = ({ content, translations }: TemplateDefinition): string | undefined =>
  textsOf([content, translations])
    .map(couponNeededBy)
    .find((name) => name !== undefined);

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Returns the variable that one text asks for if nothing is there. */
export function couponNeededBy(text: string): string | undefined {
  if (!text.includes('coupon')) return undefined;
  try {
    const seen = renderOrMissing({}, (variables) => renderLiquid(text, variables));
    return 'missing' in seen ? seen.missing.find((path) => /^coupon(\.|$)/.test(path)) : undefined;
  } catch (error) {
    // A filter that cannot process an empty text: what would be missing is unknown.
    if (error instanceof RenderError) return undefined;
    throw error;
  }
}
