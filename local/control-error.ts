import type * as z from 'zod';

/** An error response. */
export class ControlError extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, detail: string) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}
export const invalid = (detail: string) => new ControlError(422, 'validation', detail);

export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  throw invalid(read.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; '));
}
