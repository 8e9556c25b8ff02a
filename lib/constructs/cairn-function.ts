import { Duration, RemovalPolicy, Size, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { assetOf } from '../native-packages.ts';
import { memoryMbOf } from './function-memory.ts';

/** Exactly the variables of the function's own schema: a missing one does not compile. */
export type Environment<Schema extends z.ZodObject> = Record<keyof z.infer<Schema> & string, string>;

type Conditions = Record<string, Record<string, unknown>>;

interface CairnFunctionProps<Schema extends z.ZodObject> {
  /** Folder under `functions/`; the physical name is the prefix and this. */
  name: string;
  prefix: string;
  /** Only for the type of `environment`; synthesis does not read it. */
  schema: Schema;
  environment: Environment<Schema>;
  /** Variables beyond the schema that the handlers' middleware needs (`DEAD_LETTER_QUEUE_URL`). */
  extraEnvironment?: Record<string, string>;
  description: string;
  timeout: Duration;
  /** MB of its own disk, if it needs more than Lambda gives: 512. */
  diskMb?: number;
  /**
   * The bound of the chains in which the function invokes itself through queues: Lambda stops all others at 16.
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  recursionBoundedBy?: string;
}

/** A Lambda function from `dist/<name>`, whose own role may write its log and nothing else until permissions are added. */
export class CairnFunction<Schema extends z.ZodObject> extends Construct {
  readonly fn: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: CairnFunctionProps<Schema>) {
    super(scope, id);
    const functionName = `${props.prefix}-${props.name}`;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: logGroupOf(functionName),
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), path: '/cairn/' });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.fn = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(assetOf(props.name)),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      timeout: props.timeout,
      memorySize: memoryMbOf(props.name),
      ...(props.diskMb === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(props.diskMb) }),
      recursiveLoop: props.recursionBoundedBy === undefined ? RecursiveLoop.TERMINATE : RecursiveLoop.ALLOW,
      environment: {
        ...props.environment,
        ...props.extraEnvironment,
      },
    });
  }

  /** Adds a statement to the function's role. Resources are named in full, or `whyWildcards` gives the reason. */
  allow(actions: string[], resources: string[], whyWildcards?: string, conditions?: Conditions): this {
    this.role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions, resources, conditions }));
    for (const resource of whyWildcards === undefined ? [] : resources.filter((one) => one.includes('*')))
      Validations.of(this).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
        reason: String(whyWildcards),
      });
    return this;
  }

  /** Allows these actions on items of a table under these partition keys, in which `*` is a wildcard, and on no others. */
  allowItems(actions: string[], table: string, partitions: readonly string[]): this {
    return this.allowUnder(actions, table, leadingKeys(partitions));
  }

  /** Allows replacing and deleting such items without reading them; a write may have a condition on the old item. */
  allowBlindWrites(table: string, partitions: readonly string[]): this {
    return this.allowUnder(['dynamodb:PutItem', 'dynamodb:DeleteItem'], table, {
      ...leadingKeys(partitions),
      StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' },
    });
  }

  private allowUnder(actions: string[], table: string, conditions: Conditions): this {
    return this.allow(actions, [table], undefined, conditions);
  }

  get stack(): Stack {
    return Stack.of(this);
  }
}

const leadingKeys = (partitions: readonly string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
});

export const logGroupOf = (functionName: string): string => `/cairn/${functionName}`;

export const seconds = (count: number): Duration => Duration.seconds(count);
