import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpMethod, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EnvSchema as CompileMjmlEnv } from '../../functions/compile-mjml/env.ts';
import { EnvSchema as RunSimulationEnv } from '../../functions/run-simulation/env.ts';
import type { Config } from '../config.ts';
import { AdminApi } from '../constructs/api/admin-api.ts';
import type { ApiParts } from '../constructs/api/api-parts.ts';
import { CampaignPlanner } from '../constructs/api/campaign-planner.ts';
import { CampaignsApi } from '../constructs/api/campaigns-api.ts';
import { CairnHttpApi, integrationOf } from '../constructs/api/http-api.ts';
import { Ingestion } from '../constructs/api/ingestion.ts';
import { LifecycleApi } from '../constructs/api/lifecycle-api.ts';
import { MonitoringApi } from '../constructs/api/monitoring-api.ts';
import { ProfilesApi } from '../constructs/api/profiles-api.ts';
import { ReportsApi } from '../constructs/api/reports-api.ts';
import { SimulationApi } from '../constructs/api/simulation-api.ts';
import { tokenAuthorizer } from '../constructs/api/token-authorizer.ts';
import { TrackingLinks } from '../constructs/api/tracking-links.ts';
import { CairnFunction, seconds } from '../constructs/cairn-function.ts';
import type { EngineQueues } from '../constructs/processing/engine-queues.ts';
import type { JourneyRunner } from '../constructs/processing/journey-runner.ts';
import type { Lake } from '../constructs/processing/lake.ts';
import type { Stores } from '../constructs/stores.ts';
import { ROUTES } from '../routes.ts';

interface Props extends StackProps {
  config: Config;
  data: Stores;
  engine: { queues: EngineQueues; journeys: JourneyRunner; lake: Lake };
}

/** The public endpoints: ingestion, the marketers' API, links. */
export class ApiStack extends Stack {
  readonly publicUrl: string;
  readonly httpApi: CairnHttpApi;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const { config, data: stores, engine } = props;
    this.httpApi = new CairnHttpApi(this, 'HttpApi', config);
    // Always exported, because an export in use cannot be removed when `publicUrl` is set later.
    this.exportValue(this.httpApi.apiEndpoint);
    this.publicUrl = config.publicUrl ?? this.httpApi.apiEndpoint;

    const parts = { config, stores, queues: engine.queues };
    const authorizer = tokenAuthorizer(this, config);
    new Ingestion(this, 'Ingest', { ...parts, httpApi: this.httpApi, publicUrl: this.publicUrl });
    new TrackingLinks(this, 'TrackingLinks', { ...parts, httpApi: this.httpApi });
    this.administer(parts, authorizer);
    this.answerMarketers(parts, engine, authorizer);
    new CfnOutput(this, 'Url', { value: this.httpApi.apiEndpoint });
    new CfnOutput(this, 'ApiId', { value: this.httpApi.apiId });
  }

  /** `admin-api` has all routes under `/v1` that are nobody else's, and answers 404 to the rest as a problem. */
  private administer(parts: ApiParts, authorizer: IHttpRouteAuthorizer): void {
    const compileMjml = this.calculation(parts.config, {
      id: 'CompileMjml',
      name: 'compile-mjml',
      schema: CompileMjmlEnv,
      description: 'Compiles MJML when a template is defined',
    });
    const { fn } = new AdminApi(this, 'AdminApi', { ...parts, compileMjml });
    const integration = integrationOf('AdminApi', fn);
    const { GET, POST, PUT, PATCH, DELETE } = HttpMethod;
    const methods = [GET, POST, PUT, PATCH, DELETE];
    this.httpApi.addRoutes({ path: '/v1/{proxy+}', methods, integration, authorizer });
    this.httpApi.addOpenRoute({ path: '/v1/openapi.json', methods: [GET], integration });
    this.httpApi.addDefaultRoute(integration);
  }

  private answerMarketers(
    parts: ApiParts,
    { journeys, lake }: Props['engine'],
    authorizer: IHttpRouteAuthorizer,
  ): void {
    const simulation = this.calculation(parts.config, {
      id: 'RunSimulation',
      name: 'run-simulation',
      schema: RunSimulationEnv,
      description: 'Walks a customer through a journey, for `simulation-api`',
    });
    const planner = new CampaignPlanner(this, 'PlanCampaign', parts).fn;
    const functions = {
      'lifecycle-api': new LifecycleApi(this, 'LifecycleApi', { ...parts, journeys }),
      'campaigns-api': new CampaignsApi(this, 'CampaignsApi', { ...parts, planner }),
      'profiles-api': new ProfilesApi(this, 'ProfilesApi', { ...parts, machines: journeys.machines }),
      'reports-api': new ReportsApi(this, 'ReportsApi', { ...parts, lake }),
      'monitoring-api': new MonitoringApi(this, 'MonitoringApi', parts),
      'simulation-api': new SimulationApi(this, 'SimulationApi', { ...parts, simulation }),
    };
    for (const [name, { fn }] of Object.entries(functions))
      this.httpApi.addDeclaredRoutes(ROUTES[name as keyof typeof functions], integrationOf(name, fn), authorizer);
  }

  /** A function that other functions call for what takes long or may fail: it computes, and may do nothing else. */
  private calculation(
    { prefix }: Config,
    {
      id,
      ...props
    }: {
      id: string;
      name: string;
      schema: typeof CompileMjmlEnv | typeof RunSimulationEnv;
      description: string;
    },
  ): IFunction {
    return new CairnFunction(this, id, { ...props, prefix, timeout: seconds(25), environment: {} }).fn;
  }
}
