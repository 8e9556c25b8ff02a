import { type App, type Environment, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from './config.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { EngineStack } from './stacks/engine-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { SendingStack } from './stacks/sending-stack.ts';

/** All stacks of one Cairn, checked by cdk-nag. */
export function cairn(app: App, env: Environment): void {
  const config = readConfig(app.node);
  const name = (part: string) => `${config.prefix}-${part}`;
  const data = new DataStack(app, 'Data', { stackName: name('data'), env, config });
  const engine = new EngineStack(app, 'Engine', { stackName: name('engine'), env, config, data });
  const api = new ApiStack(app, 'Api', { stackName: name('api'), env, config, data, engine });
  const sending = new SendingStack(app, 'Sending', { stackName: name('sending'), env, config, data, engine, api });
  new ObservabilityStack(app, 'Observability', { stackName: name('observability'), env, config, engine, sending });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
