/** Message for a value of the wrong type; other faults (such as an unknown field) keep their own message. */
export const expected = (message: string) => ({
  error: (issue: { code?: string | undefined }): string | undefined =>
    issue.code === 'invalid_type' ? message : undefined,
});
