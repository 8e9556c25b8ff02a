import type { Construct } from 'constructs';
import type * as z from 'zod';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { PUT } from '../table-access.ts';

type FunctionProps<Schema extends z.ZodObject> = ConstructorParameters<typeof CairnFunction<Schema>>[2];

/** A function that answers marketers: within API Gateway's half minute, with a whole vCPU's share for what they wait for. */
export class MarketersFunction<Schema extends z.ZodObject> extends CairnFunction<Schema> {
  constructor(
    scope: Construct,
    id: string,
    props: Pick<FunctionProps<Schema>, 'name' | 'prefix' | 'schema' | 'description' | 'environment'>,
  ) {
    super(scope, id, { ...props, timeout: seconds(29), memorySize: 1024 });
  }
}

/** What is done is added to the audit log before, and what became of it after; nothing of it is deleted. */
export const WRITE_AUDIT = [...PUT, 'dynamodb:UpdateItem'];
