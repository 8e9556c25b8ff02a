import { type CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { MACHINE_TAG } from '../../../core/runs/machine-tag.ts';
import { EnvSchema } from '../../../functions/delete-state-machines/env.ts';
import { CairnFunction, logGroupOf } from '../cairn-function.ts';
import { type JourneyMachineArns, WHY_ALL_MACHINES, WHY_MACHINE_PATTERN } from './journey-machine-arns.ts';

interface Props {
  prefix: string;
  machines: JourneyMachineArns;
}

/** Deletes the journeys' machines when its custom resource is deleted. */
export class MachineRemoval extends Construct {
  readonly serviceToken: string;

  constructor(scope: Construct, id: string, { prefix, machines }: Props) {
    super(scope, id);
    const { fn } = new CairnFunction(this, 'DeleteStateMachines', {
      name: 'delete-state-machines',
      prefix,
      schema: EnvSchema,
      description: 'Removes the journeys’ machines when the stack is destroyed',
      timeout: Duration.minutes(10),
      environment: { MACHINE_PREFIX: prefix },
    })
      .allow(['states:ListStateMachines'], ['*'], WHY_ALL_MACHINES)
      .allow(['states:ListTagsForResource'], [machines.arnPattern], WHY_MACHINE_PATTERN)
      .allow(['cloudformation:DescribeStacks'], [Stack.of(this).stackId])
      .allow(['states:DeleteStateMachine'], [machines.arnPattern], WHY_MACHINE_PATTERN, {
        StringEquals: { [`aws:ResourceTag/${MACHINE_TAG}`]: prefix },
      });
    const provider = new Provider(this, 'Provider', {
      onEventHandler: fn,
      logGroup: new LogGroup(this, 'ProviderLog', {
        logGroupName: logGroupOf(`${prefix}-delete-state-machines-provider`),
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    this.serviceToken = provider.serviceToken;
    Validations.of(provider).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
        reason: 'The CDK’s own provider function writes its log with AWS’s managed policy.',
      },
      {
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${Stack.of(this).getLogicalId(fn.node.defaultChild as CfnElement)}.Arn>:*]`,
        reason: 'The CDK’s own provider function invokes any version of the one function that it is given.',
      },
      { id: 'AwsSolutions::AwsSolutions-L1', reason: 'The runtime of the CDK’s own provider function is the CDK’s.' },
    );
  }
}
