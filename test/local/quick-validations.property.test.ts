import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { speedUpValidations } from '../../local/quick-validations.ts';
import { type Request, requests, START } from './random-requests.ts';

type Json = Record<string, unknown>;
interface Validations {
  checkTypes(data: Json, types: object): Json;
  checkValidations(data: Json, types: object, custom: unknown, store: object): void;
}
interface Store {
  db: { open(): Promise<void> };
}
type Action = (store: Store, data: Json, done: (error: Error | null, answer?: Json) => void) => void;

const OPERATIONS = ['putItem', 'updateItem', 'deleteItem', 'getItem', 'query', 'scan', 'batchGetItem'];

/** Dynalite's modules, loaded once more: they share nothing with others. */
function dynalite(): NodeJS.Require {
  const real = createRequire(import.meta.url);
  for (const file of Object.keys(real.cache)) if (file.includes('/dynalite/')) delete real.cache[file];
  const names = [...OPERATIONS, 'createTable'].flatMap((name) => [`validations/${name}`, `actions/${name}`]);
  const modules = new Map(
    ['db', 'validations', ...names].map((name) => [`dynalite/${name}`, real(`dynalite/${name}`)]),
  );
  return ((name: string) => modules.get(name)) as NodeJS.Require;
}

/** Sequences of requests. */
const RUNS = Number(process.env.SEQUENCES ?? 100);

const SCHEMA = {
  TableName: 'runs',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

/** A table of its own, asked as behind dynalite's server. */
async function tableOf(require: NodeJS.Require) {
  const db = require('dynalite/db') as { create(options: object): Store };
  const validations = require('dynalite/validations') as Validations;
  const store = db.create({ createTableMs: 0 });
  await store.db.open();
  const act = (operation: string, data: Json) =>
    new Promise<unknown>((resolve) => {
      (require(`dynalite/actions/${operation}`) as Action)(store, data, (error, answer) =>
        resolve(error ? refusal(error) : answer),
      );
    });
  await act('createTable', structuredClone(SCHEMA));
  await new Promise((resolve) => setTimeout(resolve, 5));
  return async ({ operation, data }: Request): Promise<unknown> => {
    const { types, custom } = require(`dynalite/validations/${operation}`) as { types: object; custom: unknown };
    let checked: Json;
    try {
      checked = validations.checkTypes(JSON.parse(JSON.stringify(data)) as Json, types);
      validations.checkValidations(checked, types, custom, store);
    } catch (error) {
      return refusal(error);
    }
    const text = JSON.stringify(checked);
    // Dynalite would break where such an operand is a path that leads nowhere.
    const isRun = !/ (in|between) |begins_with\([^:]*,[^:]*\)/.test(text);
    return { text, answer: isRun ? await act(operation, checked) : undefined };
  };
}
const refusal = (error: unknown) => ({ refused: { ...(error as object), message: (error as Error).message } });

const own = dynalite();
const quick = dynalite();
speedUpValidations(quick);

it('quickened validations answer whatever is asked as those of dynalite do', async () => {
  const [plainly, quickly] = [await tableOf(own), await tableOf(quick)];
  const sequences = fc.asyncProperty(requests, async (all) => {
    for (const request of [START, ...all.flat()]) {
      const expected = await plainly(request);
      // As text: the order of fields counts, too.
      expect(JSON.stringify(await quickly(request)), JSON.stringify(request)).toBe(JSON.stringify(expected));
    }
  });
  await fc.assert(sequences, { numRuns: RUNS });
});
