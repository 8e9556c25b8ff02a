/** mjml 5 ships no types; this is what the function uses. */
declare module 'mjml' {
  interface Fault {
    line?: number;
    message: string;
  }
  export default function mjml2html(
    mjml: string,
    options: { validationLevel: 'strict' | 'soft' | 'skip'; ignoreIncludes: boolean },
  ): Promise<{ html: string; errors: Fault[] }>;
}

/** The elements that MJML knows, filled when `mjml` is imported. */
declare module 'mjml-core' {
  export const components: Record<string, { endingTag?: boolean }>;
}
