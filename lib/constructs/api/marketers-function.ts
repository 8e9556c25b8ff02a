import type { Construct } from 'constructs';
import type * as z from 'zod';
import { CairnFunction, seconds } from '../cairn-function.ts';
import { PUT } from '../table-access.ts';

type FunctionProps<Schema extends z.ZodObject> = ConstructorParameters<typeof CairnFunction<Schema>>[2];

/** A function of the marketers' API: within API Gateway's 30 s. */
export class MarketersFunction<Schema extends z.ZodObject> extends CairnFunction<Schema> {
  constructor(
    scope: Construct,
    id: string,
    props: Pick<FunctionProps<Schema>, 'name' | 'prefix' | 'schema' | 'description' | 'environment'>,
  ) {
    super(scope, id, { ...props, timeout: seconds(29) });
  }
}

/** The function adds an act to the audit log before it, and its outcome after it. It deletes nothing. */
export const WRITE_AUDIT = [...PUT, 'dynamodb:UpdateItem'];
