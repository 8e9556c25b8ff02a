import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/ingest/env.ts';
import { INGESTION_PATHS, SETTINGS_PATH } from '../../openapi/ingestion.ts';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { rulesEnvironment } from '../rules-access.ts';
import { PUT } from '../table-access.ts';
import type { ApiParts } from './api-parts.ts';
import { type CairnHttpApi, integrationOf } from './http-api.ts';

interface Props extends ApiParts {
  httpApi: CairnHttpApi;
  publicUrl: string;
}

/** Segment's HTTP tracking API. */
export class Ingestion extends CairnFunction<typeof EnvSchema> {
  constructor(scope: Construct, id: string, { config, stores, queues, httpApi, publicUrl }: Props) {
    super(scope, id, {
      name: 'ingest',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Segment’s HTTP tracking API',
      timeout: seconds(29),
      environment: {
        ...rulesEnvironment(stores),
        EVENTS_QUEUE_URL: queues.events.url,
        METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
        PUBLIC_URL: publicUrl,
      },
    });
    this.allowItems(['dynamodb:GetItem'], stores.catalog.arn, CATALOG.writeKey)
      .allowItems(PUT, stores.catalog.arn, CATALOG.eventNames)
      .allow(['sqs:SendMessage'], [queues.events.queue.queueArn, queues.metricEvents.queue.queueArn]);
    const integration = integrationOf('Ingest', this.fn);
    // A route cannot end with a slash. A greedy one matches everything after it, and the function refuses all but the slash.
    for (const { path } of INGESTION_PATHS)
      for (const route of [path, `${path}/{proxy+}`])
        httpApi.addOpenRoute({ path: route, methods: [HttpMethod.POST], integration });
    for (const path of [SETTINGS_PATH, `${SETTINGS_PATH}/{proxy+}`])
      httpApi.addOpenRoute({ path, methods: [HttpMethod.GET], integration });
  }
}
