import * as z from 'zod';

/** A value that is built once, at its first use. */
export function builtOnce<Value>(build: () => Value): () => Value {
  let built: { value: Value } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

/** A schema that is built once, at its first use: a function that starts needs none of its routes' schemas, and building all of them takes long. */
export const lazySchema = <Schema extends z.ZodType>(build: () => Schema): z.ZodLazy<Schema> =>
  z.lazy(builtOnce(build));
