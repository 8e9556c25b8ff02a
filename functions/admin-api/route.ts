import type { Deps } from '../../engine/definitions/deps.ts';
import { routeOf } from '../../runtime/http/route.ts';

export const route = routeOf<Deps>();
