/** The instant to whose day a fact belongs: its message's sending; of what was refused, the refusal. `of`: `f.` where the view is called so. */
export const belongsTo = (of = ''): string =>
  `CASE WHEN ${of}metric = 'suppressed' OR ${of}metric = 'failed' THEN ${of}"at" ELSE coalesce(${of}sent_at, ${of}"at") END`;

/** A provider has taken the message: at once, or, of one that was unknown, as a receipt has shown. */
export const isSent = (of = ''): string => `(${of}metric = 'sent' OR ${of}metric = 'settled')`;
