import type { IAspect } from 'aws-cdk-lib';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

/** Limits the concurrent executions of each queue, so that in a small account no queue takes them all. */
export class LimitedConcurrency implements IAspect {
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnEventSourceMapping)) return;
    const { maximumConcurrency } = (node.scalingConfig ?? {}) as CfnEventSourceMapping.ScalingConfigProperty;
    node.scalingConfig = { maximumConcurrency: Math.min(maximumConcurrency ?? this.limit, this.limit) };
  }
}
