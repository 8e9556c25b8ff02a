export type Json = Record<string, unknown>;

/** One resource of the synthesised templates, its properties with all references resolved. */
export interface Resource {
  id: string;
  type: string;
  properties: Json;
}

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
/** Returns the ARN of a resource of this account: `arnOf('sqs', 'cairn-events.fifo')`. */
export const arnOf = (service: string, resource: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
/** Returns the ARN of a bucket, or of an object in it by `<bucket>/<key>`: buckets are named without account and Region. */
export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
const PSEUDO: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'local',
  'AWS::StackId': 'arn:aws:cloudformation:us-east-1:000000000000:stack/local/local',
  'AWS::NoValue': '',
};

/** Resource types that the embedded cloud implements. */
const WIRED = new Set([
  'AWS::DynamoDB::Table',
  'AWS::SQS::Queue',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::Scheduler::Schedule',
  'AWS::Events::Rule',
  'AWS::CloudWatch::Alarm',
  'AWS::SecretsManager::Secret',
  'AWS::S3::Bucket',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
]);
/**
 * Resource types without meaning on one machine: permissions of other services, logs, the providers' own settings. Any other type throws an
 * error.
 */
const IGNORED = new Set([
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::SQS::QueuePolicy',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::CloudWatch::Dashboard',
  'AWS::ApiGatewayV2::Stage',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SMSVOICE::ConfigurationSet',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolGroup',
  // Nobody here asks Glue: the files are the same.
  'AWS::Glue::Database',
  'AWS::Glue::Table',
  'AWS::CDK::Metadata',
  'Custom::JourneyMachines',
  'AWS::Lambda::EventInvokeConfig',
]);

export class UnknownResourceError extends Error {
  override readonly name = 'UnknownResourceError';
}

/** The stacks as one set of resources. */
export class Template {
  private readonly raw: Map<string, { type: string; properties: Json }>;
  private readonly exports: Map<string, unknown>;
  private readonly names = new Map<string, string>();
  /** Origin of the HTTP API, once it listens. */
  origin = 'http://127.0.0.1';

  constructor(raw: Map<string, { type: string; properties: Json }>, exports: Map<string, unknown>) {
    this.raw = raw;
    this.exports = exports;
  }

  of(type: string): Resource[] {
    return [...this.raw]
      .filter(([, one]) => one.type === type)
      .map(([id, one]) => ({ id, type, properties: this.resolve(one.properties) as Json }));
  }

  /** Replaces intrinsic functions by their local values. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((element) => this.resolve(element));
    if (typeof value !== 'object' || value === null) return value;
    const [entry, ...others] = Object.entries(value);
    if (entry !== undefined && others.length === 0) {
      const [name, operand] = entry;
      if (name === 'Ref') return this.ref(String(operand));
      if (name.startsWith('Fn::')) return this.call(name, operand);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  private call(name: string, operand: unknown): unknown {
    const list = Array.isArray(operand) ? (operand as unknown[]) : [];
    switch (name) {
      case 'Fn::GetAtt':
        return this.attribute(
          ...(typeof operand === 'string' ? (operand.split('.') as [string, string]) : (list as [string, string])),
        );
      case 'Fn::Join':
        return (this.resolve(list[1]) as unknown[]).map(String).join(String(list[0]));
      case 'Fn::Sub':
        return String(list[0] ?? operand).replaceAll(/\$\{([^}]+)\}/g, (_, ref: string) => String(this.ref(ref)));
      case 'Fn::ImportValue':
        return this.resolve(this.exports.get(String(this.resolve(operand))));
      case 'Fn::Select':
        return (this.resolve(list[1]) as unknown[])[Number(list[0])];
      case 'Fn::Split':
        return String(this.resolve(list[1])).split(String(list[0]));
      default:
        throw new UnknownResourceError(`the template uses ${name}, which the embedded cloud does not know`);
    }
  }

  private ref(id: string): unknown {
    const pseudo = PSEUDO[id];
    if (pseudo !== undefined) return pseudo;
    const resource = this.raw.get(id);
    if (resource === undefined) return id;
    switch (resource.type) {
      case 'AWS::SQS::Queue':
        return `queue:${this.nameOf(id)}`;
      case 'AWS::SNS::Topic':
        return this.attribute(id, 'TopicArn');
      case 'AWS::SecretsManager::Secret':
        return arnOf('secretsmanager', `secret:${this.nameOf(id)}`);
      default:
        return this.nameOf(id);
    }
  }

  private attribute(id: string, attribute: string): unknown {
    const type = this.raw.get(id)?.type;
    const name = this.nameOf(id);
    switch (`${type}.${attribute}`) {
      case 'AWS::SQS::Queue.Arn':
        return arnOf('sqs', name);
      case 'AWS::SQS::Queue.QueueName':
        return name;
      case 'AWS::DynamoDB::Table.Arn':
        return arnOf('dynamodb', `table/${name}`);
      case 'AWS::S3::Bucket.Arn':
        return bucketArn(name);
      case 'AWS::Lambda::Function.Arn':
        return arnOf('lambda', `function:${name}`);
      case 'AWS::IAM::Role.Arn':
        return `arn:aws:iam::${ACCOUNT}:role/${name}`;
      case 'AWS::SNS::Topic.TopicArn':
        return arnOf('sns', name);
      case 'AWS::ApiGatewayV2::Api.ApiEndpoint':
        return this.origin;
      default:
        return `${name}.${attribute}`;
    }
  }

  /** The physical name that the template gives, or the logical id. */
  private nameOf(id: string): string {
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const properties = this.raw.get(id)?.properties ?? {};
    const given = ['TableName', 'QueueName', 'BucketName', 'FunctionName', 'RoleName', 'TopicName', 'Name']
      .map((key) => properties[key])
      .find((name) => typeof name === 'string');
    const name = typeof given === 'string' ? given : id;
    this.names.set(id, name);
    return name;
  }
}

/** @throws UnknownResourceError for a resource that is neither implemented nor ignored here */
export function mergeTemplates(templates: Json[]): Template {
  const raw = new Map<string, { type: string; properties: Json }>();
  const exports = new Map<string, unknown>();
  for (const template of templates) {
    const resources = (template.Resources ?? {}) as Record<string, { Type: string; Properties?: Json }>;
    for (const [id, { Type: type, Properties: properties = {} }] of Object.entries(resources)) {
      if (IGNORED.has(type)) continue;
      if (!WIRED.has(type))
        throw new UnknownResourceError(`the stacks hold a ${type} (${id}), which the embedded cloud does not know`);
      raw.set(id, { type, properties });
    }
    const outputs = (template.Outputs ?? {}) as Record<string, { Value: unknown; Export?: { Name: unknown } }>;
    for (const { Value, Export } of Object.values(outputs))
      if (typeof Export?.Name === 'string') exports.set(Export.Name, Value);
  }
  return new Template(raw, exports);
}
