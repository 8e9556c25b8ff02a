import type { Json } from '../template.ts';
import type { Answer, Answering } from './calls.ts';

type Store = object;
/** An error that dynalite throws or hands over where AWS would answer with that status. */
interface Refusal {
  statusCode?: number;
  body?: Json;
}
interface Action {
  run(store: Store, data: Json, done: (error: Refusal | null, answer?: Json) => void): void;
  validation: { types: object; custom?: unknown };
}
interface Validations {
  checkTypes(data: Json, types: object): Json;
  checkValidations(data: Json, types: object, custom: unknown, store: Store): void;
}

const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
];
/** As its server. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const NOTHING = { headers: {}, body: '' };

/** Dynalite's own validations and actions on the store of the server that is made next, without its server. */
export function directTables(require: NodeJS.Require): Answering {
  const db = require('dynalite/db') as { create(options: object): Store };
  const validations = require('dynalite/validations') as Validations;
  const actions = new Map(OPERATIONS.map((operation) => [operation, actionOf(require, operation)]));
  const { create } = db;
  let store: Store | undefined;
  db.create = (options) => {
    store = create(options);
    return store;
  };

  return ({ operation, input }) => {
    if (Buffer.byteLength(input) > MAX_REQUEST_BYTES) return { ...NOTHING, status: 413 };
    const action = actions.get(operation);
    if (action === undefined || store === undefined)
      return answerOf({ __type: 'com.amazon.coral.service#UnknownOperationException' }, 400);
    return carriedOut(action, validations, store, JSON.parse(input) as Json);
  };
}

function actionOf(require: NodeJS.Require, operation: string): Action {
  const name = operation.charAt(0).toLowerCase() + operation.slice(1);
  return {
    run: require(`dynalite/actions/${name}`) as Action['run'],
    validation: require(`dynalite/validations/${name}`) as Action['validation'],
  };
}

/** @throws what dynalite has no answer for: over HTTP, too, that ends its thread */
function carriedOut(
  { run, validation: { types, custom } }: Action,
  validations: Validations,
  store: Store,
  input: Json,
): Answer | Promise<Answer> {
  let data: Json;
  try {
    data = validations.checkTypes(input, types);
    validations.checkValidations(data, types, custom, store);
  } catch (error) {
    return refusalOf(error);
  }
  return new Promise((resolve, reject) => {
    run(store, data, (error, answer) => {
      if (!error) return resolve(answerOf(answer ?? {}, 200));
      try {
        resolve(refusalOf(error));
      } catch (broken) {
        reject(broken);
      }
    });
  });
}

function refusalOf(error: unknown): Answer {
  const { statusCode, body } = error as Refusal; // what dynalite throws for a refusal bears both
  if (statusCode === undefined || body === undefined) throw error;
  return answerOf(body, statusCode);
}

const answerOf = (body: Json, status: number): Answer => ({ status, headers: {}, body: JSON.stringify(body) });
