import * as z from 'zod';
import { email } from '../../channels/email/index.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { REPORT_SCOPES, type ReportScope } from '../../metrics/cells.ts';
import { TimeSchema } from '../../time/local-schemas.ts';

/** Most subscriptions, and addresses of each. */
export const MAX_SUBSCRIPTIONS = 100;
const MAX_EMAILS = 20;

export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const A_SCOPE = `must be "overview", or one of ${REPORT_SCOPES.join(', ')} with its id, such as "campaign:spring"`;
const ScopeSchema = z
  .string(A_SCOPE)
  .max(80, A_SCOPE)
  .refine((text) => text === 'overview' || reportedIn(text) !== undefined, A_SCOPE);

const AddressSchema = z
  .string()
  .trim()
  .superRefine((value, issues) => {
    const message = email.address.invalidReason(value);
    if (message !== undefined) issues.addIssue({ code: 'custom', message });
  });

/** The address as it is the same for everybody: however it was written. */
export const receiverOf = (address: string): string => email.address.normalise(address);

/** Body of `PUT /v1/report-subscriptions/{id}`. */
export const SubscriptionSchema = lazySchema(() =>
  z.strictObject({
    name: z.string().trim().min(1).max(200).optional().describe('begins the subject'),
    scope: ScopeSchema,
    every: z.enum(PERIODS),
    time: TimeSchema.default('09:00').describe('in the settings’ timezone'),
    emails: z
      .array(AddressSchema)
      .min(1)
      .max(MAX_EMAILS)
      .refine((all) => new Set(all.map(email.address.normalise)).size === all.length, 'must name each address once'),
    locale: z.string().min(2).max(35).optional().describe('Chinese or English; by default the settings’'),
  }),
);
export type Subscription = z.infer<typeof SubscriptionSchema>;

/** What a scope other than `overview` reports; undefined: it is none. */
export function reportedIn(scope: string): { kind: ReportScope; id: string } | undefined {
  const at = scope.indexOf(':');
  const kind = REPORT_SCOPES.find((one) => one === scope.slice(0, at));
  const id = scope.slice(at + 1);
  return kind === undefined || id === '' ? undefined : { kind, id };
}
