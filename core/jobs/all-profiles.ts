/** Member key of all profiles. No tag has it, since tag ids contain no `@`. */
export const ALL_PROFILES = '@all';
