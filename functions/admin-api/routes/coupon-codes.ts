import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MAX_KEY_CHARACTERS } from '../../../core/limits.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

/** Most codes per request. They are added one after another, so that draws find no gap. */
const MAX_CODES = 1_000;

/** `drawn` includes redeemed and expired codes. */
export const CountsSchema = lazySchema(() =>
  z.object({
    left: z.number().int(),
    drawn: z.number().int(),
    redeemed: z.number().int(),
    expired: z.number().int(),
  }),
);

export const couponRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/coupon-pools/{id}/codes',
    params: definitionParams,
    role: 'viewer',
    operationId: 'getCouponCodeCounts',
    summary: 'Count the codes of a pool',
    description: 'How many are left, drawn, redeemed and expired; exact.',
    response: CountsSchema,
    handle: async (deps, { params }) => {
      await requireHead(deps, 'coupon-pools', params.id);
      return { body: await deps.coupons.counts(params.id, deps.clock()) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/coupon-pools/{id}/codes',
    params: definitionParams,
    role: 'marketer',
    operationId: 'addCouponCodes',
    summary: `Add up to ${MAX_CODES} codes to a pool`,
    description: 'Codes that the pool already has are counted as duplicates.',
    body: () =>
      z.strictObject({ codes: z.array(z.string().trim().min(1).max(MAX_KEY_CHARACTERS)).min(1).max(MAX_CODES) }),
    response: () => z.object({ added: z.number().int(), duplicates: z.number().int() }),
    handle: async (deps, { params, body, intent }) => {
      await requireHead(deps, 'coupon-pools', params.id);
      return { body: await deps.coupons.addCodes(params.id, body.codes, deps.clock(), intent) };
    },
  }),
];
