import { routeOf } from '../shared/http/route.ts';
import type { Deps } from './deps.ts';

export const route = routeOf<Deps>();
