import * as z from 'zod';

export type Json = Record<string, unknown>;

/** Parts that recursive schemas share, as zod names them. */
const SHARED = '__shared';

/** Collects schemas as the document's components, recursive ones included. */
export class Components {
  readonly #registries = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() };
  readonly #names = { input: new Map<z.ZodType, string>(), output: new Map<z.ZodType, string>() };

  /** Returns the reference that replaces the schema. One schema of two routes is one component. */
  add(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const known = this.#names[io].get(schema);
    if (known === undefined) {
      this.#registries[io].add(schema, { id: name });
      this.#names[io].set(schema, name);
    }
    return this.ref(known ?? name);
  }

  ref(name: string): Json {
    return { $ref: `#/components/schemas/${name}` };
  }

  schemas(): Json {
    return { ...this.#render('input'), ...this.#render('output') };
  }

  #render(io: 'input' | 'output'): Json {
    const shared = (name: string) => `${name.replaceAll('__', '')}${io === 'input' ? 'In' : 'Out'}`;
    const inputs = this.#names.input;
    const { schemas } = z.toJSONSchema(this.#registries[io], {
      io,
      unrepresentable: 'any',
      /** A response returns what was sent, without the defaults that the schema filled in: so there the response uses the request's schema. */
      override({ zodSchema, jsonSchema, path }) {
        // A pair of the same type is written so that older tools understand it too.
        const [first, ...rest] = jsonSchema.prefixItems ?? [];
        if (first !== undefined && rest.every((one) => JSON.stringify(one) === JSON.stringify(first))) {
          delete jsonSchema.prefixItems;
          Object.assign(jsonSchema, { items: first, minItems: rest.length + 1, maxItems: rest.length + 1 });
        }
        const [only, ...others] = jsonSchema.anyOf ?? [];
        if (only !== undefined && others.length === 0) {
          delete jsonSchema.anyOf;
          Object.assign(jsonSchema, only);
        }
        const name = io === 'output' && path.length > 0 ? inputs.get(zodSchema as unknown as z.ZodType) : undefined;
        if (name === undefined) return;
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
        jsonSchema.$ref = `#/components/schemas/${name}`;
      },
      uri: (id) => `#/components/schemas/${id}`,
    });
    const found: Json = {};
    for (const [name, schema] of Object.entries(schemas)) {
      const { $schema: _schema, $id: _id, ...rest } = schema;
      if (name !== SHARED) found[name] = rest;
      else for (const [part, inner] of Object.entries(rest.$defs ?? {})) found[shared(part)] = inner;
    }
    return relinked(found, shared) as Json;
  }
}

/** Replaces references to shared parts by references to their components. */
function relinked(value: unknown, shared: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => relinked(item, shared));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const part = key === '$ref' && typeof inner === 'string' ? /#\/\$defs\/(\w+)$/.exec(inner) : null;
      return [key, part ? `#/components/schemas/${shared(part[1] ?? '')}` : relinked(inner, shared)];
    }),
  );
}
