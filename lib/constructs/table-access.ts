/** What a function that reads a table does to it: by key, and by partition. No scans. */
export const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
/** Writes, and deletes nothing. */
export const READ_WRITE = [...READ, 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** Of items that are kept beside others', and removed with what they stand for. */
export const READ_WRITE_DELETE = [...READ_WRITE, 'dynamodb:DeleteItem'];
/** Adds, and changes nothing. */
export const PUT = ['dynamodb:PutItem'];
