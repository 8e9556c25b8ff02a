import { EnvSchema } from '../../functions/send-webhook/env.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import { senderResources } from './channel.ts';

/** Its sender calls the receiver itself, so that it needs no service of the Region. */
export const webhook = senderResources({
  config: {},
  schema: EnvSchema,
  absentIn: [],
  environment: ({ webhookHosts }, { stores }) => ({
    WEBHOOK_SECRET_ARN: stores.webhookSecret.secretArn,
    WEBHOOK_HOSTS: webhookHosts.join(','),
  }),
  allow(sender, _config, { stores }) {
    sender
      .allow(['secretsmanager:GetSecretValue'], [stores.webhookSecret.secretArn])
      .allowItems(['dynamodb:GetItem'], stores.catalog.arn, CATALOG.secretValues);
  },
  placeholders: () => ({}),
});
