import * as z from 'zod';

/** A schema that is built once, at its first use: a function that starts needs none of its routes' schemas, and building all of them takes long. */
export function lazySchema<Schema extends z.ZodType>(build: () => Schema): z.ZodLazy<Schema> {
  let built: Schema | undefined;
  return z.lazy(() => {
    built ??= build();
    return built;
  });
}
