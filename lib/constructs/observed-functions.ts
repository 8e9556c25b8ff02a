import { type IAspect, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import { CHINA } from '../china.ts';
import type { Config } from '../config.ts';
import { CairnFunction } from './cairn-function.ts';

/** Sets the log level, the retention of logs, and tracing of all functions. */
export class ObservedFunctions implements IAspect {
  private readonly config: Pick<Config, 'logs' | 'tracing' | 'region'>;

  constructor(config: Pick<Config, 'logs' | 'tracing' | 'region'>) {
    this.config = config;
  }

  visit(node: IConstruct): void {
    const { logs, tracing, region } = this.config;
    if (node instanceof CfnLogGroup) node.retentionInDays = logs.retentionDays;
    if (!(node instanceof CairnFunction)) return;
    const fn = node.fn.node.defaultChild;
    if (!(fn instanceof CfnFunction)) throw new Error(`${node.node.path} has no function`);
    // Lambda detects no recursive loops there: https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html
    if (CHINA.includes(region)) fn.addPropertyDeletionOverride('RecursiveLoop');
    // Lambda drops what is below this level, and would drop lines that metrics are taken from: above `info`, Cairn leaves out its own lines.
    const isAboveInfo = logs.level === 'warn' || logs.level === 'error';
    fn.addPropertyOverride('LoggingConfig.ApplicationLogLevel', isAboveInfo ? 'INFO' : logs.level.toUpperCase());
    if (isAboveInfo) node.fn.addEnvironment('LOG_LEVEL', logs.level);
    fn.addPropertyOverride('LoggingConfig.SystemLogLevel', logs.systemLevel.toUpperCase());
    if (!tracing) return;
    fn.tracingConfig = { mode: 'Active' };
    allowTracing(node.role);
  }
}

const WRITE_TRACES = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
/** Further permissions that Step Functions needs for tracing: https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
const SAMPLE_TRACES = ['xray:GetSamplingRules', 'xray:GetSamplingTargets'];

/** X-Ray has no resource-level permissions: all traces are written to the one store of the account and Region. */
export function allowTracing(role: Role, { samples = false } = {}): void {
  const actions = samples ? [...WRITE_TRACES, ...SAMPLE_TRACES] : WRITE_TRACES;
  role.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  Validations.of(role).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray has no resources to name; these actions write traces and read how many to keep.',
  });
}
