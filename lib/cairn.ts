import { Annotations, type App, Aspects, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type Config, LOCAL_STAGE, placeholdersOf } from './config.ts';
import { LimitedConcurrency } from './constructs/limited-concurrency.ts';
import { ObservedFunctions } from './constructs/observed-functions.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { EngineStack } from './stacks/engine-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { SendingStack } from './stacks/sending-stack.ts';

/** All stacks of one deployment, checked by cdk-nag. */
export function cairn(app: App, account: string, config: Config): void {
  const env = { account, region: config.region };
  const name = (part: string) => `${config.prefix}-${part}`;
  const data = new DataStack(app, 'Data', { stackName: name('data'), env, config });
  const engine = new EngineStack(app, 'Engine', { stackName: name('engine'), env, config, data });
  const api = new ApiStack(app, 'Api', { stackName: name('api'), env, config, data, engine });
  const sending = new SendingStack(app, 'Sending', {
    stackName: name('sending'),
    env,
    config,
    data,
    queues: engine.queues,
    lake: engine.lake,
    api,
  });
  new ObservabilityStack(app, 'Observability', { stackName: name('observability'), env, config, engine, api, sending });
  Aspects.of(app).add(new ObservedFunctions(config));
  const { queueConcurrency } = config.limits;
  if (queueConcurrency !== undefined) Aspects.of(app).add(new LimitedConcurrency(queueConcurrency));
  if (config.stage !== LOCAL_STAGE)
    for (const [key, warning] of Object.entries(placeholdersOf(config)))
      Annotations.of(sending).addWarningV2(`cairn:${key}`, `config/${config.stage}.json: ${key}: ${warning}`);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
