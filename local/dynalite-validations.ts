import type { Json } from './template.ts';

/** A schema of dynalite's: `String`, or a type with what its members are. */
export type Type = string | { type: string; children?: Type | Record<string, Type> };
export type Types = Record<string, Type>;
export type AttributeValue = Record<string, unknown>;
export interface Expressions {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
  [field: string]: unknown;
}
export interface Validations {
  checkTypes(data: Json, types: Types): Json;
  /** Returns what is wrong, and writes numbers as DynamoDB does. */
  validateAttributeValue(value: AttributeValue): string | undefined;
  /** Returns what is wrong; else what it has parsed is in the data. */
  validateExpressions(data: Expressions): string | undefined;
}
export interface Db {
  compare(comparison: 'GT', value: unknown, other: unknown): boolean;
}
