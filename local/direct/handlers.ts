import type { Handler, Stack } from './middleware.ts';

/** Each command adds it anew. */
const OF_COMMANDS = 'endpointV2Middleware';

/**
 * A command's own stack is joined to the client's at each call, once more for a document's, and then ordered: for the same command it is the same
 * each time, and is kept, as the SDK's own `cacheMiddleware` keeps it, which clients of documents refuse.
 */
export function keepHandlers(stack: Stack): void {
  const concat = stack.concat.bind(stack);
  const ofCommands = new Map<string, Handler>();
  const ofDocuments = new Map<string, Handler>();
  stack.concat = (other) => {
    const join = () => withoutEndpoints(concat(other));
    return {
      concat: (inner: Stack) => ({ resolve: kept(ofDocuments, () => withoutEndpoints(join().concat(inner))) }),
      resolve: kept(ofCommands, join),
    } as unknown as Stack; // nothing else of a joined stack is asked for
  };
}

const kept =
  (handlers: Map<string, Handler>, join: () => Stack): Stack['resolve'] =>
  (handler, context) => {
    const found = handlers.get(context.commandName) ?? join().resolve(handler, context);
    handlers.set(context.commandName, found);
    return found;
  };

function withoutEndpoints(joined: Stack): Stack {
  joined.remove(OF_COMMANDS);
  return joined;
}
