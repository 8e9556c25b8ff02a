import * as z from 'zod';

/** Id of the node that follows. */
export const NextSchema = z.string('must name the node that follows, as in "next": "done"');
