import { Context, Liquid, type Template } from 'liquidjs';
import { inUrl } from '../links/authored.ts';
import type { LiquidTarget } from './liquid-filters.ts';
import { filtersFor } from './liquid-filters.ts';

/** Most parsed templates in memory; the oldest are dropped first. */
const MAX_PARSED = 500;
/** Most time that rendering the texts of one message may take, all together. */
const MAX_RENDER_MS = 500;
/** Strict: an undefined variable without `default` is a fault; `if` may test one. Files and prototypes cannot be reached. */
const options = {
  strictVariables: true,
  strictFilters: true,
  lenientIf: true,
  ownPropertyOnly: true,
  relativeReference: false,
  renderLimit: MAX_RENDER_MS,
  parseLimit: 200_000,
  memoryLimit: 5_000_000,
};
/** There are no files: tags that would read one are unknown, and refused when the template is defined. */
const FILE_TAGS = ['render', 'include', 'layout', 'block'];

function newEngine(target: LiquidTarget): Liquid {
  const { output, filters } = filtersFor(target);
  const engine = new Liquid({ ...options, templates: {}, outputEscape: output });
  for (const tag of FILE_TAGS) delete engine.tags[tag];
  for (const [name, filter] of Object.entries(filters)) engine.registerFilter(name, filter);
  engine.registerFilter('in_url', inUrl);
  return engine;
}

const engines = new Map<LiquidTarget, Liquid>();

/** Each engine is made at its first use, so that no function makes one while it starts. */
function engineFor(target: LiquidTarget): Liquid {
  const engine = engines.get(target) ?? newEngine(target);
  engines.set(target, engine);
  return engine;
}

/** `null` counts as missing, like an undefined variable. */
class StrictContext extends Context {
  override readProperty(object: Parameters<Context['readProperty']>[0], key: string | number): unknown {
    return super.readProperty(object, key) ?? undefined;
  }
}
/** The deadline that all texts of one message share; it is set when the first of them, parsed, is rendered. */
export interface RenderBudget {
  limit?: Context['renderLimit'];
}

function contextOf(target: LiquidTarget, variables: object, budget: RenderBudget = {}): Context {
  const liquid = engineFor(target);
  const shared = budget.limit === undefined ? {} : { renderLimit: budget.limit };
  const context = new StrictContext(variables, liquid.options, { sync: true }, { liquid, ...shared });
  budget.limit = context.renderLimit;
  return context;
}

const parsed = new Map<string, Template[]>();

function parse(target: LiquidTarget, source: string): Template[] {
  const key = `${target}:${source}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const template = engineFor(target).parse(source);
  const oldest = parsed.size >= MAX_PARSED ? parsed.keys().next().value : undefined;
  if (oldest !== undefined) parsed.delete(oldest);
  parsed.set(key, template);
  return template;
}

/** A template that cannot be rendered with these variables; the message names what is missing. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  /** Path of the missing variable, or of its first missing part. */
  get missing(): string | undefined {
    return /undefined variable: (.+?), line:\d/.exec(this.message)?.[1];
  }
  /** Message for the author of the template: the variable without a value, or the other fault. At most 300 characters. */
  get detail(): string {
    const { missing } = this;
    return (missing === undefined ? this.message : `${missing} has no value`).slice(0, 300);
  }
}

/** `budget`: that of the message which the text is a part of; absent: the text has its own. @throws RenderError */
export function renderLiquid(
  source: string,
  variables: object,
  target: LiquidTarget = 'text',
  budget?: RenderBudget,
): string {
  if (!source.includes('{')) return source;
  return withRenderError(() =>
    engineFor(target).renderSync(parse(target, source), contextOf(target, variables, budget)),
  );
}

/** A text with one output and nothing else: `{{ data.total | times: 2 }}`. */
const ONE_OUTPUT = /^\s*\{\{-?((?:(?!\}\}|\{\{).)*?)-?\}\}\s*$/s;

/** Like `renderLiquid`, but a text with a single output keeps its value's type: a number stays a number. @throws RenderError */
export function valueOfLiquid(source: string, variables: object, budget?: RenderBudget): unknown {
  const rendered = renderLiquid(source, variables, 'text', budget);
  const [, expression] = ONE_OUTPUT.exec(source) ?? [];
  if (expression === undefined) return rendered;
  const value: unknown = withRenderError(() => engineFor('text').evalValueSync(expression.trim(), variables));
  const isKept = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  return isKept ? value : rendered;
}

function withRenderError<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new RenderError(reasonOf(error));
  }
}

/** LiquidJS's messages about its limits do not say what is limited. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('template render limit exceeded')) return `rendering took longer than ${MAX_RENDER_MS} ms`;
  if (message.includes('memory alloc limit exceeded'))
    return 'rendering needed too much memory: a list or text is too long';
  return message;
}

/** Returns the syntax error, or undefined if there is none. */
export function liquidFault(source: string): string | undefined {
  try {
    engineFor('text').parse(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Returns the paths of the variables that the text reads, without those that it assigns itself. */
export const liquidVariables = (source: string): string[] =>
  source.includes('{') ? engineFor('text').globalFullVariablesSync(source, { partials: false }) : [];
