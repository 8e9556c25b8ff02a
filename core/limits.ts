/**
 * Limits of the data that clients and users send, in one place. They keep every key below DynamoDB's 1,024 bytes (255 characters are at most 765
 * bytes of UTF-8), and every item of a profile below its 400 KB.
 */

/** One request of the ingestion API, as received and decompressed. */
export const MAX_REQUEST_BYTES = 500 * 1024;
/** All items of a request, each with the batch's context. */
export const MAX_ITEMS_BYTES = 4 * 1024 * 1024;
export const MAX_ITEMS = 2_500;
/** Anonymous profiles that one user takes over in a request of a client key. */
export const MAX_CLIENT_MERGES = 50;
/** An item's JSON (Segment's own limit, which clients use), and so the value of any trait or property. */
export const MAX_ITEM_BYTES = 32 * 1024;
/** An item's JSON with the batch's context added: its message on the queue may have 240 KB. */
export const MAX_ITEM_WITH_CONTEXT_BYTES = 64 * 1024;

/** Characters (UTF-16 code units) of ids: userId, anonymousId, previousId, groupId, messageId. */
export const MAX_ID_CHARACTERS = 255;
/** Characters of the names of events and traits. */
export const MAX_NAME_CHARACTERS = 255;
/** Characters of run keys and coupon codes. */
export const MAX_KEY_CHARACTERS = 255;
/** RFC 5321: a path has 256 octets, two of them the brackets. */
export const MAX_EMAIL_BYTES = 254;
export const MAX_PHONE_CHARACTERS = 32;
/** FCM guarantees no length; tokens in use have about 160 characters. */
export const MAX_TOKEN_CHARACTERS = 4_096;

/** Traits of a profile that have a value, in number and as JSON. */
export const MAX_TRAITS = 255;
export const MAX_TRAITS_BYTES = 200 * 1024;
/** Removed traits that are remembered, so that an older value does not return: the newest, limited by number and by the bytes of their names. */
export const MAX_REMOVED_TRAITS = 255;
export const MAX_REMOVED_TRAITS_BYTES = 20 * 1024;
/** Groups of a profile, limited by number and by bytes of JSON with their traits. */
export const MAX_GROUPS = 100;
export const MAX_GROUPS_BYTES = 64 * 1024;
/** Channels and topics with a consent, per profile. */
export const MAX_CONSENTS = 200;
/** Open runs of a profile, as bytes of their ids and keys: about 700 with short keys, 70 with the longest. */
export const MAX_OPEN_RUNS_BYTES = 100 * 1024;
/** Most bytes of a run's data as JSON: its entry's properties and the results of its nodes. The data and the plan share one item. */
export const MAX_RUN_DATA_BYTES = 256 * 1024;
