import * as z from 'zod';

/** A way out of a node: the id of the node that it leads to. */
export const NextSchema = z.string('must name the node that follows, as in "next": "done"');
