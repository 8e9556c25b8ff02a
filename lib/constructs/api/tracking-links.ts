import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/tracking-links/env.ts';
import { metricNamespaceOf } from '../alarms/metrics.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { arnsOf } from '../processing/engine-queues.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { READ, READ_WRITE } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { type CairnHttpApi, integrationOf } from './http-api.ts';

interface Props extends ApiParts {
  httpApi: CairnHttpApi;
}

/** Links in messages: the preference page, one-click unsubscribe, counted links. */
export class TrackingLinks extends CairnFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, httpApi }: Props) {
    super(scope, id, {
      name: 'tracking-links',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Preference page, one-click unsubscribe, counted links',
      timeout: seconds(29),
      environment: {
        ...rulesEnvironment(stores),
        PROFILES_TABLE: stores.profiles.name,
        MESSAGES_TABLE: stores.messages.name,
        EVENTS_QUEUE_URL: queues.events.url,
        METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
        METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
        LINK_SECRET_ARN: stores.linkSecret.secretArn,
      },
    });
    this.allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allow(READ_WRITE, [stores.profiles.arn, stores.messages.arn])
      .allow(['secretsmanager:GetSecretValue'], [stores.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], arnsOf([queues.events, queues.metricEvents]));
    const integration = integrationOf('tracking-links', this.fn);
    const { GET, HEAD, POST } = HttpMethod;
    for (const path of ['/u/{token}', '/u/{token}/{proxy+}'])
      httpApi.addOpenRoute({ path, methods: [GET, HEAD, POST], integration });
    for (const path of ['/c/{token}', '/c/{token}/{proxy+}'])
      httpApi.addOpenRoute({ path, methods: [GET, HEAD], integration });
  }
}
