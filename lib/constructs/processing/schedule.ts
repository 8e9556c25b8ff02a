import { CfnResource } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';

/** Invokes a function at these times, once or more. */
export class Schedule extends Construct {
  /** `retries`: of an invocation that is refused; what comes each minute needs none. */
  constructor(scope: Construct, id: string, scheduleExpression: string, { functionArn }: IFunction, retries = 0) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      path: '/cairn/',
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }));
    const schedule = new CfnSchedule(this, 'Schedule', {
      scheduleExpression,
      flexibleTimeWindow: { mode: 'OFF' },
      target: { arn: functionArn, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: retries } },
    });
    const policy = role.node.findChild('DefaultPolicy').node.defaultChild;
    if (policy instanceof CfnResource) schedule.addResourceDependency(policy);
  }
}
