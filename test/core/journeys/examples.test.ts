import { describe, expect, it } from 'vitest';
import { ContentItemSchema } from '../../../core/content/schema.ts';
import { CouponPoolSchema } from '../../../core/coupons/schema.ts';
import { checkReferences } from '../../../core/journeys/check.ts';
import { TagSchema } from '../../../core/tags/schema.ts';
import { TemplateSchema } from '../../../core/templates/schema.ts';
import { exampleJourneys, examplesOf, exampleView } from './examples.ts';

describe('the examples', () => {
  it.each([
    ['templates', TemplateSchema],
    ['coupon-pools', CouponPoolSchema],
    ['tags', TagSchema],
    ['content', ContentItemSchema],
  ])('of %s can be PUT', (kind, schema) => {
    const examples = examplesOf(kind);
    expect(examples).not.toEqual([]);
    for (const [id, body] of examples) expect([id, schema.safeParse(body).error]).toEqual([id, undefined]);
  });

  it.each(exampleJourneys())('let the journey %s be submitted, with no others', (id, journey) => {
    expect(checkReferences(id, journey, exampleView())).toEqual({ errors: [], warnings: [] });
  });
});
