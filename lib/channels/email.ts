import type { Stack } from 'aws-cdk-lib';
import { CfnConfigurationSet, CfnConfigurationSetEventDestination } from 'aws-cdk-lib/aws-ses';
import * as z from 'zod';
import { formatMailbox, isSender, parseMailbox } from '../../core/channels/email/mailbox.ts';
import { EnvSchema } from '../../functions/send-email/env.ts';
import { CHINA } from '../china.ts';
import type { CairnFunction } from '../constructs/cairn-function.ts';
import { type ConfigOf, senderResources } from './channel.ts';

const SES_EVENTS = [
  'SEND',
  'REJECT',
  'BOUNCE',
  'COMPLAINT',
  'DELIVERY',
  'OPEN',
  'CLICK',
  'DELIVERY_DELAY',
  'RENDERING_FAILURE',
];
/** Why e-mail may be sent to all identities of the account. */
const ANY_RECIPIENT =
  'SES asks for the recipient as well where it is an identity of this account: always in the sandbox. The condition names who sends.';

/** Lambda takes 4 KB of variables; a sender's name may be long. */
const MAX_SENDERS = 20;
const MAX_SENDERS_CHARACTERS = 1_000;

const sender = z
  .string()
  .trim()
  .refine(isSender, 'give an address, or Name <address>, with ASCII characters before the @');

const config = {
  /** Sender of e-mail. */
  emailFrom: sender.default('Cairn <no-reply@example.com>'),
  /** Senders that a template may name as its `from`, beside `emailFrom`. */
  emailSenders: z
    .array(sender)
    .max(MAX_SENDERS)
    .refine(
      (senders) => senders.join('\n').length <= MAX_SENDERS_CHARACTERS,
      `give fewer: together they may have ${MAX_SENDERS_CHARACTERS} characters`,
    )
    .default([]),
  /** Verified SES identities from which e-mail may be sent, addresses or domains; absent: the address of each sender, and its domain. */
  emailIdentities: z.array(z.string().trim().min(3)).min(1).optional(),
};

export const email = senderResources({
  config,
  schema: EnvSchema,
  absentIn: [
    ...CHINA,
    'ap-east-1',
    'ap-east-2',
    'ap-southeast-4',
    'ap-southeast-6',
    'ap-southeast-7',
    'eu-south-2',
    'mx-central-1',
  ],
  environment: ({ emailFrom, emailSenders, prefix }) => ({
    EMAIL_FROM: fromOf(emailFrom),
    EMAIL_SENDERS: sendersOf({ emailFrom, emailSenders }).join('\n'),
    EMAIL_CONFIGURATION_SET: prefix,
  }),
  allow: allowEmail,
  topics(stack, { prefix }) {
    const events = stack.topic('EmailEvents', `${prefix}-email-events`, 'ses.amazonaws.com');
    const set = new CfnConfigurationSet(stack, 'EmailSet', {
      name: prefix,
      reputationOptions: { reputationMetricsEnabled: true },
    });
    const destination = new CfnConfigurationSetEventDestination(stack, 'EmailDestination', {
      configurationSetName: set.ref,
      eventDestination: {
        name: 'feedback',
        enabled: true,
        matchingEventTypes: SES_EVENTS,
        snsDestination: { topicArn: events.topicArn },
      },
    });
    // SES publishes to the topic when the destination is created: the topic's policy must exist by then.
    destination.node.addDependency(events);
    return [events];
  },
  placeholders: ({ emailFrom }) =>
    /@([\w.-]+\.)?example(\.\w+)?>?$/.test(emailFrom)
      ? { emailFrom: `e-mail would come from ${emailFrom}, which nobody can verify` }
      : {},
  hasReputation: true,
});

/** As a mail names it. */
export const fromOf = (emailFrom: string): string => formatMailbox(parseMailbox(emailFrom));

/** Lets a function send from the deployment's senders. */
export function allowEmail<Schema extends z.ZodObject>(
  fn: CairnFunction<Schema>,
  { prefix, ...senders }: ConfigOf<typeof config>,
  stack: Stack,
): void {
  const arn = (resource: string, resourceName: string) => stack.formatArn({ service: 'ses', resource, resourceName });
  fn.allow(
    ['ses:SendEmail'],
    [...identitiesOf(senders).map((identity) => arn('identity', identity)), arn('configuration-set', prefix)],
  ).allow(['ses:SendEmail'], [arn('identity', '*')], ANY_RECIPIENT, {
    StringEquals: { 'ses:FromAddress': sendersOf(senders) },
  });
}

/** Verified identities of e-mail; SES tries the address first, then its domain. */
function identitiesOf({
  emailIdentities: named,
  ...senders
}: Pick<ConfigOf<typeof config>, 'emailIdentities' | 'emailFrom' | 'emailSenders'>): string[] {
  const addresses = sendersOf(senders);
  return named ?? [...new Set(addresses.flatMap((address) => [address, address.slice(address.lastIndexOf('@') + 1)]))];
}

/** Addresses that e-mail may be from. */
const sendersOf = ({
  emailFrom,
  emailSenders,
}: Pick<ConfigOf<typeof config>, 'emailFrom' | 'emailSenders'>): string[] => [
  ...new Set([emailFrom, ...emailSenders].map((mailbox) => parseMailbox(mailbox).address)),
];

/** Variables against which templates' senders are checked. */
export const emailIdentitiesEnv = ({
  emailIdentities = [],
  ...senders
}: Pick<ConfigOf<typeof config>, 'emailIdentities' | 'emailFrom' | 'emailSenders'>) => ({
  EMAIL_SENDERS: sendersOf(senders).join('\n'),
  EMAIL_IDENTITIES: emailIdentities.join('\n'),
});
