import * as z from 'zod';
import { EnvSchema } from '../../functions/send-push/env.ts';
import { CHINA } from '../china.ts';
import { senderResources } from './channel.ts';

const config = {
  /** Created by a script: see docs/deploying.md. */
  pinpointApplicationId: z.string().trim().min(1).default('not-set'),
};

export const push = senderResources({
  config,
  schema: EnvSchema,
  // The templates contain no resource of push; elsewhere its endpoint decides.
  absentIn: CHINA,
  environment: ({ pinpointApplicationId }) => ({ PINPOINT_APPLICATION_ID: pinpointApplicationId }),
  allow(sender, { pinpointApplicationId }, stack) {
    const messages = `${pinpointApplicationId}/messages`;
    sender.allow(
      ['mobiletargeting:SendMessages'],
      [stack.formatArn({ service: 'mobiletargeting', resource: 'apps', resourceName: messages })],
    );
  },
  placeholders: ({ pinpointApplicationId }) =>
    pinpointApplicationId === 'not-set'
      ? { pinpointApplicationId: 'push has no application: every one of its messages fails' }
      : {},
});
