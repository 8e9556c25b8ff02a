import type { Node } from 'constructs';
import * as z from 'zod';

const ContextSchema = z.object({
  /** First part of every physical name; machines are named `<prefix>-<journey>-v<n>`, which leaves it 8 characters. */
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9]{1,7}$/)
    .default('cairn'),
  /** Origin of unsubscribe pages and counted links, e.g. `https://links.example.com`; absent: the HTTP API's own. */
  publicUrl: z.url().optional(),
  /** OIDC issuer of the API's tokens with its audience; absent: a Cognito user pool is made. */
  issuer: z.url().optional(),
  audience: z.string().optional(),
  /** Claim of the token that holds the roles. */
  rolesClaim: z.string().default('cognito:groups'),
  /** Verified SES identity that e-mail comes from. */
  emailFrom: z.string().default('Cairn <no-reply@example.com>'),
  /** Phone number, sender id or pool of End User Messaging. */
  smsOriginationIdentity: z.string().default('Cairn'),
  /** Made by a script: see docs/deploying.md. */
  pinpointApplicationId: z.string().default('not-set'),
  /** `host:port` of webhook receivers in the team's own network, separated by commas. */
  webhookHosts: z.string().default(''),
  /** Who hears of alarms. */
  alarmEmail: z.email().optional(),
  /** Leaves out what the emulator of the deploy test refuses: see `lib/constructs/left-out.ts`. */
  emulator: z.union([z.boolean(), z.stringbool()]).default(false),
});
export type Config = z.infer<typeof ContextSchema>;

/** The one reader of CDK context. Throws naming the key that is wrong. */
export function readConfig(node: Node): Config {
  const given = Object.fromEntries(Object.keys(ContextSchema.shape).map((key) => [key, node.tryGetContext(key)]));
  const read = ContextSchema.safeParse(given);
  if (read.success) return read.data;
  throw new Error(
    `context: ${read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}
