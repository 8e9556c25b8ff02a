/** Says what must stand there where a value of another type stands; other faults (an unknown field) keep their own message. */
export const expected = (message: string) => ({
  error: (issue: { code?: string | undefined }): string | undefined =>
    issue.code === 'invalid_type' ? message : undefined,
});
