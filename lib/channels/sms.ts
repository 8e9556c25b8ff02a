import type { Stack } from 'aws-cdk-lib';
import { CfnConfigurationSet } from 'aws-cdk-lib/aws-smsvoice';
import * as z from 'zod';
import { EnvSchema } from '../../functions/send-sms/env.ts';
import { CHINA } from '../china.ts';
import { senderResources } from './channel.ts';

const SMS_EVENTS = ['TEXT_ALL'];
/** Why a sender id is allowed for all countries. */
const ANY_COUNTRY = 'A sender id bears the country of the number that is sent to; its name is the deployment’s own.';

/** A sender id has a letter. */
const SMS_IDENTITY = /^(arn:aws[a-z-]*:sms-voice:.+|(phone|pool)-[\w-]+|(?=.*[A-Za-z])[A-Za-z\d][\w-]{0,10})$/;

const config = {
  /** Id or ARN of End User Messaging's phone number or pool, or a sender id. */
  smsOriginationIdentity: z
    .string()
    .trim()
    .regex(SMS_IDENTITY, 'give an id (phone-…, pool-…), an ARN or a sender id: permissions name it, so no phone number')
    .default('Cairn'),
};

export const sms = senderResources({
  config,
  schema: EnvSchema,
  absentIn: [...CHINA, 'ap-east-1', 'ap-southeast-5', 'ap-southeast-7'],
  environment: ({ smsOriginationIdentity, prefix }) => ({
    SMS_ORIGINATION_IDENTITY: smsOriginationIdentity,
    SMS_CONFIGURATION_SET: prefix,
  }),
  allow(sender, { prefix, smsOriginationIdentity }, stack) {
    const set = stack.formatArn({ service: 'sms-voice', resource: 'configuration-set', resourceName: prefix });
    sender.allow(['sms-voice:SendTextMessage'], [identityArn(stack, smsOriginationIdentity), set], ANY_COUNTRY);
  },
  /** Receipts, and what customers answer. */
  topics(stack, { prefix, emulator }) {
    const events = stack.topic('SmsEvents', `${prefix}-sms-events`, 'sms-voice.amazonaws.com');
    const inbound = stack.topic('SmsInbound', `${prefix}-sms-inbound`, 'sms-voice.amazonaws.com');
    if (emulator) return [events, inbound];
    const set = new CfnConfigurationSet(stack, 'SmsSet', {
      configurationSetName: prefix,
      eventDestinations: [
        {
          eventDestinationName: 'feedback',
          enabled: true,
          matchingEventTypes: SMS_EVENTS,
          snsDestination: { topicArn: events.topicArn },
        },
      ],
    });
    set.node.addDependency(events);
    return [events, inbound];
  },
  placeholders: ({ smsOriginationIdentity }) =>
    smsOriginationIdentity === 'Cairn'
      ? { smsOriginationIdentity: 'SMS would come from the sender id Cairn, which is not yours' }
      : {},
});

/** ARN of the identity that sends SMS. */
function identityArn(stack: Stack, identity: string): string {
  if (identity.startsWith('arn:')) return identity;
  const [, kind] = /^(phone|pool)-/.exec(identity) ?? [];
  const resource = kind === 'phone' ? 'phone-number' : kind;
  return resource === undefined
    ? stack.formatArn({ service: 'sms-voice', resource: 'sender-id', resourceName: `${identity}/*` })
    : stack.formatArn({ service: 'sms-voice', resource, resourceName: identity });
}
