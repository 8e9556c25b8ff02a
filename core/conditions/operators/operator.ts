import type * as z from 'zod';
import type { EpochMs } from '../../ids.ts';
import type { Evaluation } from '../evaluation.ts';

export interface Moment {
  now: EpochMs;
  timezone: string;
}

interface Common {
  /** Schema of the operand in a definition. */
  schema: z.ZodType;
  /** The operand may instead be `{"trait": path}` or `{"data": path}`. */
  references?: true;
  /** Compares the distance to now. Not allowed in `where`, because an event is evaluated once, when it arrives. */
  relative?: true;
  /** Schema of the operand for numbers: makes it an operator of `count`, `sum` and the like. */
  numeric?: z.ZodType;
}

/** Compares one value; of a list, any element must pass. False if there is no value. */
export interface ElementOperator extends Common {
  over: 'element';
  evaluate(value: unknown, operand: unknown, moment: Moment): Evaluation;
}

/**
 * Compares all values together, also if there are none. `operands`: the literal, each element of a literal list, or the values that a reference
 * gives.
 */
export interface WholeOperator extends Common {
  over: 'whole';
  evaluate(values: readonly unknown[], operands: readonly unknown[]): boolean;
}

export type Operator = ElementOperator | WholeOperator;
