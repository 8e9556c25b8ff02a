import type { JourneyNode } from '../journeys/nodes/registry.ts';
import { resultOf } from '../journeys/run-data.ts';
import type { TracedStep } from '../journeys/walk-ports.ts';

type Fields = Record<string, unknown>;

/** Returns the fields that a timeline shows for a node beside its type. */
export function shownOf(node: JourneyNode, step: TracedStep): Fields {
  const { did } = step;
  const passed = 'passed' in did ? did.passed : undefined;
  const next = passed !== undefined && 'next' in passed ? passed.next : undefined;
  const way = passed !== undefined && 'next' in passed ? passed.way : undefined;
  switch (node.type) {
    case 'branch':
      return { case: way, next };
    case 'split': {
      const isHoldout = node.ways.find(({ name }) => name === way)?.holdout === true;
      return { way, ...(isHoldout ? { holdout: true } : {}), next };
    }
    case 'coupon':
      return { pool: node.pool, ...couponOf(step) };
    case 'send':
      return { template: node.template };
    case 'end':
      return node.outcome === undefined ? {} : { outcome: node.outcome };
    default:
      return { ...actionOf(step), ...('rested' in did ? { until: did.rested } : {}) };
  }
}

function couponOf({ node, run }: TracedStep): Fields {
  const drawn = resultOf(run.data, node);
  if (typeof drawn !== 'object' || drawn === null) return { empty: true };
  const { pool: _pool, ...shown } = drawn as Fields; // the node's own file wrote it
  return shown;
}

/** Returns the action of an `update`, `task` or `journey` node. */
function actionOf({ actions }: TracedStep): Fields {
  const [action] = actions;
  if (action === undefined) return {};
  const { kind: _kind, node: _node, ...fields } = action;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
