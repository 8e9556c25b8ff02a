import type * as z from 'zod';
import type { EpochMs } from '../../ids.ts';
import type { Evaluation } from '../evaluation.ts';

export interface Moment {
  now: EpochMs;
  timezone: string;
}

interface Common {
  /** What may stand for the operand in a definition. */
  schema: z.ZodType;
  /** The operand may instead be `{"trait": path}` or `{"data": path}`. */
  references?: true;
  /** Asks for the distance to now. Not in `where`: what is kept of an event is decided once, when it arrives. */
  relative?: true;
  /** The same for numbers: makes it an operator of `count`, `sum` and the like. */
  numeric?: z.ZodType;
}

/** Asks of one value; of a list, whether any element is so. Without a value it is false. */
export interface ElementOperator extends Common {
  over: 'element';
  evaluate(value: unknown, operand: unknown, moment: Moment): Evaluation;
}

/**
 * Asks of all values together, also when there is none. `operands`: the literal, each element of a literal list, or the values
 * that a reference leads to.
 */
export interface WholeOperator extends Common {
  over: 'whole';
  evaluate(values: readonly unknown[], operands: readonly unknown[]): boolean;
}

export type Operator = ElementOperator | WholeOperator;
