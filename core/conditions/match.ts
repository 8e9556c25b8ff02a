export { matchesWhere } from './where.ts';
