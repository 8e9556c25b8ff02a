import { rmSync } from 'node:fs';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import * as z from 'zod';
import { CairnBucket } from '../../../lib/constructs/cairn-bucket.ts';
import { CairnFunction, seconds } from '../../../lib/constructs/cairn-function.ts';
import type { Json } from '../../../local/template.ts';
import { FLAGS } from './synthesis.ts';

/** Templates of a bucket, and of functions in another stack that read, write and do both under `campaigns/`. */
export function bucketUsers(account: string, region: string): Json[] {
  const app = new App({ context: FLAGS });
  const env = { account, region };
  const { objects } = new (class extends Stack {
    readonly objects = new CairnBucket(this, 'Objects', { bucketName: 'cairn-objects', expiring: {} });
  })(app, 'Data', { env });
  const users = new Stack(app, 'Users', { env });
  const [reader, writer] = ['reader', 'writer'].map(
    (prefix) =>
      new CairnFunction(users, prefix, {
        name: 'ingest',
        prefix,
        schema: z.object({ OBJECTS_BUCKET: z.string() }),
        environment: { OBJECTS_BUCKET: objects.name },
        description: prefix,
        timeout: seconds(30),
      }),
  ) as [CairnFunction<z.ZodObject>, CairnFunction<z.ZodObject>];
  objects.grantRead(reader, 'campaigns/');
  objects.grantWrite(writer, 'campaigns/');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { stacks, directory } = app.synth();
  const templates = stacks.map(({ template }) => template as Json);
  rmSync(directory, { recursive: true });
  return templates;
}
