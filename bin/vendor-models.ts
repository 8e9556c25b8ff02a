import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Model, Shape } from '../local/providers/service-model.ts';

/**
 * `node bin/vendor-models.ts <folder of botocore>`: copies the shapes of the requests that providers are handed from AWS's published service models
 * (as `pip download botocore` brings them) to `local/providers/models/`. Then format them: `npx biome check --write local/providers/models`.
 */
const OPERATIONS = [
  ['sesv2', '2019-09-27', 'SendEmail'],
  ['pinpoint', '2016-12-01', 'SendMessages'],
  ['pinpoint-sms-voice-v2', '2022-03-31', 'SendTextMessage'],
] as const;
const TO = join(import.meta.dirname, '../local/providers/models');
const KEPT = ['type', 'required', 'min', 'max', 'pattern', 'enum'] as const;

interface Published {
  operations: Record<string, { input: { shape: string } }>;
  shapes: Record<string, Shape>;
}

function published(folder: string, service: string, version: string): Published {
  const file = join(folder, 'data', service, version, 'service-2.json');
  const text = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
  return JSON.parse(text.toString()) as Published;
}

/** A shape without its documentation and its names on the wire. */
function bare(shape: Shape): Shape {
  const { members, member, key, value } = shape;
  const to = (one: { shape: string }) => ({ shape: one.shape });
  return {
    ...(Object.fromEntries(KEPT.flatMap((name) => (shape[name] === undefined ? [] : [[name, shape[name]]]))) as Shape),
    ...(members === undefined
      ? {}
      : { members: Object.fromEntries(Object.entries(members).map(([name, one]) => [name, to(one)])) }),
    ...(member === undefined ? {} : { member: to(member) }),
    ...(key === undefined ? {} : { key: to(key) }),
    ...(value === undefined ? {} : { value: to(value) }),
  };
}

function modelOf({ operations, shapes }: Published, operation: string): Model {
  const input = operations[operation]?.input.shape ?? '';
  const kept: Record<string, Shape> = {};
  const keep = (name: string): void => {
    const shape = shapes[name];
    if (shape === undefined || kept[name] !== undefined) return;
    kept[name] = bare(shape);
    const { members = {}, member, key, value } = shape;
    for (const one of [...Object.values(members), member, key, value]) if (one !== undefined) keep(one.shape);
  };
  keep(input);
  return { input, shapes: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const [folder = ''] = process.argv.slice(2);
const [, version] = /__version__ = '(.+)'/.exec(readFileSync(join(folder, '__init__.py'), 'utf8')) ?? [];
mkdirSync(TO, { recursive: true });
for (const [service, api, operation] of OPERATIONS) {
  const source = `botocore ${version}, data/${service}/${api}/service-2.json`;
  const model = { source, operation, ...modelOf(published(folder, service, api), operation) };
  writeFileSync(join(TO, `${service}.json`), `${JSON.stringify(model, null, 2)}\n`);
}
