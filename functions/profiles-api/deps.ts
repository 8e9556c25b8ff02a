import type { HttpDeps, Parts } from '../../runtime/http/deps.ts';

/** What shows people and changes something about them. */
export type Deps = HttpDeps &
  Pick<
    Parts,
    | 'definitions'
    | 'catalog'
    | 'rules'
    | 'jobs'
    | 'tasks'
    | 'profiles'
    | 'profilePages'
    | 'runs'
    | 'webhookLog'
    | 'messages'
    | 'trigger'
    | 'sequence'
    | 'random'
  > & { queues: Pick<Parts['queues'], 'events' | 'send'> };
